import { expect, test } from 'vitest'
import { parseCorefile, type Corefile } from '../../src/config/corefile/corefile.ts'
import { defaultCorefile } from '../../src/config/default-corefile.ts'
import { httpEndpoints } from '../../src/config/http-endpoint.ts'
import { listenFlagConflict, listenPlan } from '../../src/config/listen-plan.ts'

const addresses = [
  { interface: 'lo', address: '127.0.0.1' },
  { interface: 'lo', address: '::1' },
  { interface: 'eth0', address: '192.0.2.1' },
  { interface: 'eth0', address: '2001:db8::1' },
  { interface: 'veth1', address: '10.244.0.1' },
  { interface: 'veth2', address: '10.244.0.1' },
  { interface: 'kube-ipvs0', address: '10.96.0.10' },
]

function read(text: string): Corefile {
  return parseCorefile({ name: 'Corefile', text }, { environment: () => undefined, files: () => [] })
}

/** `192.0.2.1 53 dns://:53 0=. 1=a.`, a line for each address and port. */
function planned(text: string, flags?: Parameters<typeof listenPlan>[2]): readonly string[] {
  const { listen, missing } = listenPlan(read(text), addresses, flags)
  return [
    ...listen.map(
      ({ host, port, server, blocks }) =>
        `${host} ${port} ${server} ${blocks.map(({ block, zones }) => `${block}=${zones.join('+')}`).join(' ')}`,
    ),
    ...missing.map((name) => `missing ${name}`),
  ]
}

const local = { host: '127.0.0.1', port: 5353 }

test.each([
  {
    name: 'without bind it is every address, each once, but those of IPVS',
    text: '. {\n whoami\n}',
    want: ['10.244.0.1', '127.0.0.1', '192.0.2.1', '2001:db8::1', '::1'].map((host) => `${host} 53 dns://:53 0=.`),
  },
  {
    name: 'bind names addresses, also ones that are not there yet',
    text: '. {\n bind 127.0.0.1 169.254.20.10 ::1\n whoami\n}',
    want: [
      '127.0.0.1 53 dns://127.0.0.1:53 0=.',
      '169.254.20.10 53 dns://169.254.20.10:53 0=.',
      '::1 53 dns://[::1]:53 0=.',
    ],
  },
  {
    name: 'bind names interfaces',
    text: '. {\n bind eth0\n whoami\n}',
    want: ['192.0.2.1 53 dns://192.0.2.1:53 0=.', '2001:db8::1 53 dns://[2001:db8::1]:53 0=.'],
  },
  {
    name: 'also that of IPVS',
    text: '. {\n bind kube-ipvs0\n whoami\n}',
    want: ['10.96.0.10 53 dns://10.96.0.10:53 0=.'],
  },
  {
    name: 'except leaves out',
    text: '. {\n bind eth0 lo {\n  except ::1 2001:db8::1 127.0.0.1\n }\n whoami\n}',
    want: ['192.0.2.1 53 dns://192.0.2.1:53 0=.'],
  },
  { name: 'an interface that is not there is missing', text: '. {\n bind eth7\n whoami\n}', want: ['missing eth7'] },
  {
    name: 'blocks on one address share it',
    text: 'a b {\n bind 127.0.0.1\n whoami\n}\nc {\n bind 127.0.0.1\n whoami\n}',
    want: ['127.0.0.1 53 dns://127.0.0.1:53 0=a.+b. 1=c.'],
  },
  {
    name: 'zones of one block on several ports',
    text: 'a:53 b:54 c:53 {\n bind ::1\n whoami\n}',
    want: ['::1 53 dns://[::1]:53 0=a.+c.', '::1 54 dns://[::1]:54 0=b.'],
  },
  {
    name: 'an address that a block binds is that of no block without bind, as in CoreDNS',
    text: 'a {\n bind lo eth0\n whoami\n}\nb {\n whoami\n}',
    want: [
      '10.244.0.1 53 dns://:53 1=b.',
      '127.0.0.1 53 dns://127.0.0.1:53 0=a.',
      '192.0.2.1 53 dns://192.0.2.1:53 0=a.',
      '2001:db8::1 53 dns://[2001:db8::1]:53 0=a.',
      '::1 53 dns://[::1]:53 0=a.',
    ],
  },
  {
    name: 'flags are where every block is, and nothing else is',
    text: 'a {\n whoami\n}\nb {\n whoami\n}',
    flags: [local],
    want: ['127.0.0.1 5353 dns://127.0.0.1:5353 0=a. 1=b.'],
  },
])('$name', ({ text, flags, want }) => {
  expect(planned(text, flags)).toEqual(want)
})

test('the Corefile of a plan names addresses alone', () => {
  const { corefile } = listenPlan(read('. {\n errors\n bind eth0 ::1 eth7 {\n  except 192.0.2.1\n }\n}'), addresses)
  const listen = ['2001:db8::1', '::1'].map((address) => ({ kind: 'address', address }))
  expect(corefile.blocks[0]?.plugins[0]).toEqual({ name: 'bind', listen, except: [] })
  const flags = [local, { host: '::1', port: 5353 }, { host: '::1', port: 54 }]
  const { blocks } = listenPlan(read('a b {\n whoami\n}'), addresses, flags).corefile
  expect(blocks.map(({ zones }) => zones.map(({ zone, port }) => `${zone}${port}`).join())).toEqual([
    'a.5353,b.5353',
    'a.54,b.54',
  ])
  expect(blocks[0]?.plugins[0]).toMatchObject({
    name: 'bind',
    listen: [{ address: '127.0.0.1' }, { address: '::1' }],
  })
})

test('the flag does not go with bind, nor with several ports', () => {
  expect(listenFlagConflict(read('a:54 b:53 {\n whoami\n}'))).toContain('several (53, 54)')
  expect(listenFlagConflict(read('. {\n bind lo\n whoami\n}'))).toContain('both say where to listen')
  expect(listenFlagConflict(read('.:5300 {\n whoami\n}'))).toBeUndefined()
})

test('without a Corefile it is the names of the cluster and the addresses behind them', () => {
  const [block, ...others] = defaultCorefile('k8s.example').blocks
  expect(others).toEqual([])
  expect(block?.zones.map(({ zone }) => zone)).toEqual(['k8s.example.', 'in-addr.arpa.', 'ip6.arpa.'])
  expect(block?.plugins.map(({ name }) => name)).toEqual(['errors', 'loadbalance', 'kubernetes'])
  expect(block?.plugins.at(-1)).toMatchObject({ primaryZone: 'k8s.example.', ttl: 5, pods: 'disabled' })
})

test('plugins and blocks that name one address share its server', () => {
  const blocks =
    'a {\n prometheus :1\n health\n ready :8080\n}\nb {\n prometheus :1\n ready [::1]:1\n}\nc {\n prometheus\n}'
  expect(httpEndpoints(read(blocks))).toEqual([
    { address: { host: '', port: 1 }, paths: ['/metrics'] },
    { address: { host: '', port: 8080 }, paths: ['/health', '/ready'] },
    { address: { host: '::1', port: 1 }, paths: ['/ready'] },
    { address: { host: 'localhost', port: 9153 }, paths: ['/metrics'] },
  ])
})
