import { expect, test } from 'vitest'
import { parseResolvConf } from '../../src/net/resolv-conf.ts'

const cases = [
  { name: 'nothing', text: '', want: { nameservers: [], search: [] } },
  {
    name: 'what the kubelet writes',
    text: 'search web.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    want: {
      nameservers: [{ address: '10.96.0.10' }],
      search: ['web.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
    },
  },
  {
    name: 'comments, tabs, line ends of Windows, and addresses of both families',
    text: '# by hand\r\n; old\r\nnameserver\t192.0.2.53 # first\r\nnameserver 2001:DB8::0:53\r\nnameserver fe80::1%eth0\r\n',
    want: {
      nameservers: [{ address: '192.0.2.53' }, { address: '2001:db8::53' }, { address: 'fe80::1', interface: 'eth0' }],
      search: [],
    },
  },
  {
    name: 'the last of search and domain counts, and domain has one name',
    text: 'search a.example b.example\ndomain c.example d.example\n',
    want: { nameservers: [], search: ['c.example'] },
  },
  {
    name: 'the same, the other way round',
    text: 'domain a\nsearch b c',
    want: { nameservers: [], search: ['b', 'c'] },
  },
  { name: 'a dot at the end', text: 'search a.example. .\n', want: { nameservers: [], search: ['a.example', '.'] } },
  {
    name: 'what cannot be read is left out',
    text: 'nameserver dns.example\nnameserver\nnameserver 192.0.2.53%eth0\nnameserver 1.2.3.4%\noptions ndots:x\n nameserver 192.0.2.1\nnameservers 192.0.2.2\n',
    want: { nameservers: [], search: [] },
  },
  {
    name: 'options on several lines, ndots at most 15',
    text: 'options rotate ndots:2\noptions timeout:1 ndots:99\n',
    want: { nameservers: [], search: [], ndots: 15 },
  },
]

test.each(cases)('$name', ({ text, want }) => {
  expect(parseResolvConf(text)).toEqual(want)
})

test('however much there is, little is kept', () => {
  const servers = Array.from({ length: 300 }, (_, i) => `nameserver 10.0.${i >> 8}.${i & 255}\n`).join('')
  const search = `search ${Array.from({ length: 300 }, (_, i) => `d${i}.example`).join(' ')}\n`
  const read = parseResolvConf(servers + search)
  expect([read.nameservers.length, read.nameservers[0], read.nameservers.at(-1)]).toEqual([
    15,
    { address: '10.0.0.0' },
    { address: '10.0.0.14' },
  ])
  expect([read.search.length, read.search.at(-1)]).toEqual([32, 'd31.example'])
  expect(parseResolvConf(`${'\n'.repeat(1000)}${servers}`).nameservers).toEqual([])
})
