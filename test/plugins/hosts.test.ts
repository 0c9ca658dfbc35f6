import { describe, expect, test } from 'vitest'
import type { Handler } from '../../src/plugins/handler.ts'
import { addressesOf, parseHosts } from '../../src/plugins/hosts-table.ts'
import { hosts } from '../../src/plugins/hosts.ts'
import { answerTo, pluginOf, query, zone } from './client.ts'

const file = `# comment
10.0.0.1 one.example.net One-Alias.example.net.
10.0.0.2 two.example.net # two.comment.net
::1 six.example.net\tone.example.net
fe80::1%eth0 link.example.net
10.0.0.300 bad.example.net
10.0.0.9 *.wild.example.net
10.0.0.10 exact.wild.example.net\r
2001:db8::9 *.wild.example.net
10.0.0.11 rel a..b
10.0.0.12
nonsense
`

const behind = zone('one.example.net. 5 IN TXT behind', 'www.example.org. 5 IN A 192.0.2.80')

function serving(text: string, next: Handler = behind): Handler {
  const options = pluginOf('hosts', text)
  const table = parseHosts(file, options)
  return hosts(options, next, () => table)
}

const inZone = 'hosts FILE example.net'
const falling = 'hosts FILE {\n fallthrough example.org\n}'
const fallingAll = 'hosts FILE {\n fallthrough\n fallthrough_unsupported\n ttl 7\n no_reverse\n}'
const inline =
  'hosts FILE example.net {\n 10.1.0.1 a.example.net one.example.net\n 10.0.0.1 one.example.net\n 10.1.0.3 a.example.com\n}'

/** The directive, a question, the answer. CoreDNS 1.14.7 gives the same, but owners are spelled as the question here. */
const cases: readonly (readonly [string, string, string])[] = [
  [inZone, 'ONE.example.net A', 'NOERROR aa rd\nONE.example.net 3600 A 10.0.0.1'],
  [inZone, 'one.example.net AAAA', 'NOERROR aa rd\none.example.net 3600 AAAA ::1'],
  [inZone, 'two.example.net AAAA', 'NOERROR aa rd'],
  [inZone, 'two.example.net MX', 'NOERROR aa rd'],
  [inZone, 'two.example.net ANY', 'NOERROR aa rd'],
  [inZone, 'none.example.net A', 'SERVFAIL rd'],
  [inZone, 'none.example.net MX', 'SERVFAIL rd'],
  [inZone, 'bad.example.net A', 'SERVFAIL rd'],
  [inZone, 'link.example.net AAAA', 'NOERROR aa rd\nlink.example.net 3600 AAAA fe80::1'],
  [inZone, 'www.example.org A', 'NOERROR rd\nwww.example.org 5 A 192.0.2.80'],
  [inZone, 'rel A', 'NXDOMAIN rd'],
  ['hosts FILE', 'rel A', 'NOERROR aa rd\nrel 3600 A 10.0.0.11'],
  ['hosts FILE', '. A', 'SERVFAIL rd'],
  [
    inZone,
    '1.0.0.10.in-addr.arpa PTR',
    'NOERROR aa rd\n1.0.0.10.in-addr.arpa 3600 PTR one.example.net\n1.0.0.10.in-addr.arpa 3600 PTR one-alias.example.net',
  ],
  [
    inZone,
    `1.${'0.'.repeat(31)}ip6.arpa PTR`,
    `NOERROR aa rd\n1.${'0.'.repeat(31)}ip6.arpa 3600 PTR six.example.net\n1.${'0.'.repeat(31)}ip6.arpa 3600 PTR one.example.net`,
  ],
  [inZone, '9.0.0.10.in-addr.arpa PTR', 'NXDOMAIN rd'],
  [inZone, 'one.example.net PTR', 'NOERROR rd'],
  [inZone, 'a.wild.example.net A', 'NOERROR aa rd\na.wild.example.net 3600 A 10.0.0.9'],
  [inZone, 'a.b.wild.example.net A', 'SERVFAIL rd'],
  [inZone, 'wild.example.net A', 'SERVFAIL rd'],
  [inZone, 'exact.wild.example.net A', 'NOERROR aa rd\nexact.wild.example.net 3600 A 10.0.0.10'],
  [inZone, 'exact.wild.example.net AAAA', 'NOERROR aa rd\nexact.wild.example.net 3600 AAAA 2001:db8::9'],
  [inZone, '*.wild.example.net A', 'NOERROR aa rd\n*.wild.example.net 3600 A 10.0.0.9'],
  [falling, 'www.example.org A', 'NOERROR rd\nwww.example.org 5 A 192.0.2.80'],
  [falling, 'none.example.net A', 'SERVFAIL rd'],
  [falling, 'one.example.net TXT', 'NOERROR aa rd'],
  [fallingAll, 'one.example.net TXT', 'NOERROR rd\none.example.net 5 TXT "behind"'],
  [fallingAll, 'two.example.net AAAA', 'NOERROR aa rd'],
  [fallingAll, 'one.example.net A', 'NOERROR aa rd\none.example.net 7 A 10.0.0.1'],
  [fallingAll, '1.0.0.10.in-addr.arpa PTR', 'NXDOMAIN rd'],
  [inline, 'a.example.net A', 'NOERROR aa rd\na.example.net 3600 A 10.1.0.1'],
  // CoreDNS repeats 10.0.0.1, which stands in both.
  [inline, 'one.example.net A', 'NOERROR aa rd\none.example.net 3600 A 10.0.0.1\none.example.net 3600 A 10.1.0.1'],
  [inline, 'a.example.com A', 'NXDOMAIN rd'],
  [
    inline,
    '1.0.1.10.in-addr.arpa PTR',
    'NOERROR aa rd\n1.0.1.10.in-addr.arpa 3600 PTR a.example.net\n1.0.1.10.in-addr.arpa 3600 PTR one.example.net',
  ],
]

test.each(cases)('%s: %s', async (text, question, answer) => {
  const [name = '', type = ''] = question.split(' ')
  expect(await answerTo(serving(text), query(name, type))).toBe(answer)
})

test('the table is the one that there is when the query comes', async () => {
  const options = pluginOf('hosts', 'hosts FILE')
  let table = parseHosts('', options)
  const handler = hosts(options, behind, () => table)
  expect(await answerTo(handler, query('new.org'))).toBe('SERVFAIL rd')
  table = parseHosts('10.0.0.1 new.org', options)
  expect(await answerTo(handler, query('new.org'))).toBe('NOERROR aa rd\nnew.org 3600 A 10.0.0.1')
})

describe('a file is bounded', () => {
  const options = { zones: ['.'], reverse: true }

  test('in characters and names', () => {
    expect(() => parseHosts('#'.repeat(32 * 1024 * 1024 + 1), options)).toThrow('more than 33554432 characters')
    const line = `0.0.0.0${' a'.repeat(30_000)}\n`
    expect(() => parseHosts(line.repeat(40), options)).toThrow('more than 1000000 names')
  })

  test('in the addresses of a name and the names of an address', () => {
    const table = parseHosts(`0.0.0.0${' a'.repeat(5000)}`, options)
    expect(addressesOf(table, 'a.', 'IPv4').length).toBe(4000)
    expect(table.names.get('0.0.0.0.in-addr.arpa.')?.length).toBe(4000)
  })

  test('in the length of lines, which are passed over', () => {
    expect(parseHosts(`0.0.0.0 a${' '.repeat(70_000)}\n0.0.0.0 b`, options).addresses.IPv4.size).toBe(1)
  })
})
