import { expect, test } from 'vitest'
import { problems, read } from './read.ts'

const part = (text: string) => ({ kind: 'text', text })
const whoami = [{ name: 'whoami' }]
const zones = (text: string) => read(text).blocks.map((block) => block.zones.map(({ zone, port }) => `${zone} ${port}`))

test.each([
  ['.:53 {\n}', [['. 53']]],
  ['.:53\n{\n}', [['. 53']]],
  ['Example.ORG {\n}', [['example.org. 53']]],
  ['dns://example.org.:5300 {\n}', [['example.org. 5300']]],
  ['a.org b.org:54 {\n}', [['a.org. 53', 'b.org. 54']]],
  ['a.org, b.org,\nc.org,d.org {\n}', [['a.org. 53', 'b.org. 53', 'c.org. 53', 'd.org. 53']]],
  ['10.0.0.0/15:54 {\n}', [['0.10.in-addr.arpa. 54', '1.10.in-addr.arpa. 54']]],
  ['10.1.2.3/32 {\n}', [['3.2.1.10.in-addr.arpa. 53']]],
  ['0.0.0.0/0 ::/0 {\n}', [['in-addr.arpa. 53', 'ip6.arpa. 53']]],
  ['2001:db8::/31 {\n}', [['8.b.d.0.1.0.0.2.ip6.arpa. 53', '9.b.d.0.1.0.0.2.ip6.arpa. 53']]],
  ['_srv.example {\n}\nxn--bcher-kva.example {\n}', [['_srv.example. 53'], ['xn--bcher-kva.example. 53']]],
  ['example.org', [['example.org. 53']]],
  ['example.org\nwhoami\nlog', [['example.org. 53']]],
])('the zones of %j', (text, want) => {
  expect(zones(text)).toEqual(want)
})

test('a network that does not end at a digit has as many zones as it needs', () => {
  expect(zones('10.0.0.0/9 {\n}')[0]).toHaveLength(128)
  expect(zones('2001:db8::/33 {\n}')[0]).toHaveLength(8)
})

test.each([
  ['lines end with \\r\\n', '. {\r\n  whoami\r\n}\r\n'],
  ['a byte order mark', '\uFEFF. {\n  whoami\n}\n'],
  ['comments', '# a\n. { # b\n  whoami# c\n  # } d\n}#e'],
  ['all in one line', '. { whoami }'],
  ['a no-break space', '.\u00a0{\n\u00a0whoami\n}'],
  ['words in quotes', '"." {\n  "whoami"\n}'],
  ['no braces', '.\nwhoami\n'],
])('%s', (_, text) => {
  expect(read(text).blocks).toEqual([{ zones: [{ zone: '.', port: 53 }], plugins: whoami }])
})

test('quotes keep blanks, line ends, # and backslashes; \\" is a quote', () => {
  const text = '. {\n template ANY ANY {\n answer "a # \\"b\\" \\d\n c" "" {d}\n rcode NXDOMAIN\n }\n}'
  const [template] = read(text).blocks[0]?.plugins ?? []
  expect(template).toMatchObject({
    answer: [[part('a # "b" \\d\n c')], [], [part('{d}')]],
    rcode: { name: 'NXDOMAIN' },
  })
})

test('variables are put in, and nothing for those that are not set', () => {
  const text = '{$ZONE}:{%PORT%} {\n forward . {$UP}{$NONE} {\n policy {%POLICY%}\n }\n}'
  const variables = { ZONE: 'example.org', PORT: '54', UP: '10.0.0.1', POLICY: 'sequential' }
  expect(read(text, {}, variables).blocks).toMatchObject([
    { zones: [{ zone: 'example.org.', port: 54 }], plugins: [{ to: [{ address: '10.0.0.1' }], policy: 'sequential' }] },
  ])
  expect(problems('{$A{$B}{$}{%%}', {}, { 'A{$B': 'x.org', B: 'y' })).toEqual([
    '1:1: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "x.org{$}{%%}" ({$A{$B}{$}{%%})',
  ])
  // What a variable holds is one word, whatever is in it, and is not looked through for others.
  expect(problems('. {\n forward . {$A}\n}', {}, { A: '10.0.0.1 {$A}' })).toEqual([
    '2:12: forward: expected an address, a host name or the path of a resolv.conf, got "10.0.0.1 {$A}" ({$A})',
  ])
})

test('snippets and files', () => {
  const text =
    '(base) {\n errors\n import more\n}\n(more) {\n loop\n}\n. {\n import base\n import conf/*.override\n}\nimport conf/*.server\n'
  const files = {
    'conf/b.override': 'log\n',
    'conf/a.override': 'cache {\n import conf/cache\n}\n',
    'conf/cache': 'success 5 # few\n',
    'conf/x.server': '(own) {\n whoami\n}\nx.org {\n import own\n}\n',
  }
  const { blocks } = read(text, files)
  expect(blocks.map(({ plugins }) => plugins.map(({ name }) => name))).toEqual([
    ['errors', 'log', 'cache', 'loop'],
    ['whoami'],
  ])
  expect(blocks[0]?.plugins[2]).toMatchObject({ success: { capacity: 5 } })
})

test('plugins stand in the order of a query, those that repeat in that of the file', () => {
  const text =
    '. {\n whoami\n forward a.org 10.0.0.1\n forward . 10.0.0.2\n kubernetes c.local\n cache\n rewrite type A AAAA\n errors\n rewrite type MX A\n}'
  const plugins = read(text).blocks[0]?.plugins ?? []
  expect(plugins.map(({ name }) => name)).toEqual([
    'errors',
    'rewrite',
    'rewrite',
    'cache',
    'kubernetes',
    'forward',
    'forward',
    'whoami',
  ])
  expect(plugins.filter((plugin) => plugin.name === 'forward').map(({ from }) => from)).toEqual(['a.org.', '.'])
  expect(plugins.filter((plugin) => plugin.name === 'rewrite').map(({ rule }) => rule)).toMatchObject([
    { from: { name: 'A' } },
    { from: { name: 'MX' } },
  ])
})

test('what means the same is the same', () => {
  const a = '# one\n. {\n errors\n cache 30 {\n  success 10\n }\n}\n'
  const b = '.:53\n{\n cache   "30" { # two\n  success +10 30 5\n }\n\n errors stdout }'
  expect(read(b)).toEqual(read(a))
})

const bad: readonly (readonly [string, ...string[]])[] = [
  ['', '1:1: there is no server block'],
  ['# nothing\n', '1:1: there is no server block'],
  ['(a) {\n}\n', '1:1: there is no server block'],
  ['}\n. {\n}', '1:1: the } here closes nothing'],
  ['{\n whoami\n}\n. {\n}', '1:1: a server block begins with its zones, then {'],
  ['. {\n whoami', '1:3: the { here is never closed'],
  ['. {\n cache {\n success 5\n}\n', '1:3: the { here is never closed'],
  ['. {\n whoami\n}\n}', '4:1: the } here closes nothing'],
  [
    '. {\n cache\n {\n  success 5\n }\n whoami x\n}',
    '3:2: a line cannot begin with {; if it belongs to "cache", write it in the same line',
    '6:9: whoami: expected nothing more, got "x"',
  ],
  [
    '.\n whoami\n}\na.org {\n whoami x\n}',
    '1:1: behind the zones expected {, got "whoami"',
    '5:9: whoami: expected nothing more, got "x"',
  ],
  ['a.org, {\n}', '1:1: behind the comma expected another zone'],
  ['"" {\n}', '1:1: a server block needs a zone, such as .:53'],
  ['. {\n log "a\n}\n', '1:3: the { here is never closed', '2:6: the quote that begins here is never closed'],
  ['a..b {\n}', '1:1: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "a..b"'],
  ['a.org:99999 {\n}', '1:1: expected a port from 0 to 65535, got "a.org:99999"'],
  ['a.org:http {\n}', '1:1: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "a.org:http"'],
  [
    'bücher.example {\n}',
    '1:1: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "bücher.example"',
  ],
  [
    'a.org tls://b.org {\n}',
    '1:7: serving DNS over TLS is not supported; only UDP and TCP are served, got "tls://b.org"',
  ],
  ['a.org,https://b.org {\n}', '1:7: https:// is not supported; only UDP and TCP are served, got "https://b.org"'],
  ['quic://. {\n}', '1:1: quic:// is not supported; only UDP and TCP are served, got "quic://."'],
  ['ftp://. {\n}', '1:1: the scheme ftp:// is unknown; write no scheme, or dns://, got "ftp://."'],
  [
    '. {\n\tforwrd . 10.0.0.1\n\tfoo\n}',
    '2:2: unknown plugin "forwrd"; did you mean forward?',
    '3:2: unknown plugin "foo"; expected one of reload, bufsize, bind, ready, health, prometheus, errors, log, any, loadbalance, rewrite, autopath, acl, cache, header, minimal, template, transfer, hosts, k8s_external, kubernetes, loop, forward, whoami',
  ],
  [
    '. {\n cache{\n }\n}',
    '2:2: unknown plugin "cache{"; did you mean cache?',
    '3:2: the } here closes nothing'.replace('3:2', '4:1'),
  ],
  [
    '. {\n dnssec\n dns64 {\n  x {\n  }\n }\n}',
    '2:2: the plugin dnssec of CoreDNS is not supported',
    '3:2: the plugin dns64 of CoreDNS is not supported',
  ],
  [
    '. {\n 𝕏 é whoami\n}',
    '2:2: unknown plugin "𝕏"; did you mean any?'.replace(
      '; did you mean any?',
      '; expected one of reload, bufsize, bind, ready, health, prometheus, errors, log, any, loadbalance, rewrite, autopath, acl, cache, header, minimal, template, transfer, hosts, k8s_external, kubernetes, loop, forward, whoami',
    ),
  ],
  [
    '. {\n log 𝕏𝕏 a..b\n}',
    '2:6: log: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "𝕏𝕏"',
    '2:9: log: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "a..b"',
  ],
  [
    '. {\n cache\n errors\n cache 30\n cache x {\n  y\n }\n}',
    '4:2: cache can stand only once in a server block; it stands at Corefile:2:2',
    '5:2: cache can stand only once in a server block; it stands at Corefile:2:2',
    '6:3: cache: unknown option "y"; expected one of success, denial, servfail, prefetch, serve_stale, serve_stale_policy, disable, keepttl',
  ],
  // Imports
  ['. {\n import\n}', '2:2: import: expected one file, pattern or snippet, got nothing'],
  ['. {\n import a b\n}', '2:11: import: expected one file, pattern or snippet, got "b"'],
  ['. {\n import a {\n }\n}', '2:2: import: expected one file, pattern or snippet, got "a"'],
  ['. {\n import none\n whoami x\n}', '2:9: import: there is no none', '3:9: whoami: expected nothing more, got "x"'],
  ['import none', '1:8: import: there is no none'],
  ['. {\n import later\n}\n(later) {\n whoami\n}', '2:9: import: there is no later'],
  ['(a) {\n}\n(a) {\n}\n. {\n}', '3:1: the snippet "(a)" is defined a second time'],
  ['(a) b {\n}\n. {\n}', '1:5: behind the name of a snippet expected {, got "b"'],
  ['(a)\n. {\n}', '1:1: behind the name of a snippet expected {, got "."'],
  [
    '(a) {\n import a\n}\n. {\n import a\n}',
    '2:9: import: 10 imports stand inside each other; does "a" import itself?',
  ],
  [
    '(a) {\n bind 300.0.0.1\n}\nx.org {\n import a\n}\ny.org {\n import a\n}',
    '2:7: bind: expected an address or the name of an interface, got "300.0.0.1"',
  ],
  // Between blocks
  ['. {\n}\n.:53 {\n}', '3:1: cannot serve dns://.:53 - it is already defined'],
  ['a.org A.org. {\n}', '1:7: cannot serve dns://a.org.:53 - it is already defined'],
  ['10.0.0.0/15 {\n}\n1.10.in-addr.arpa {\n}', '3:1: cannot serve dns://1.10.in-addr.arpa.:53 - it is already defined'],
  [
    '. {\n bind 10.0.0.1 10.0.0.2\n}\n. {\n bind 10.0.0.2\n}',
    '4:1: cannot serve dns://.:53 on 10.0.0.2 - it is already defined',
  ],
  [
    '. {\n bind 10.0.0.1\n}\n. {\n}',
    '4:1: cannot serve dns://.:53 on every address - another block serves it on 10.0.0.1',
  ],
  [
    '. {\n}\n. {\n bind 10.0.0.1\n}',
    '3:1: cannot serve dns://.:53 on 10.0.0.1 - another block serves it on every address',
  ],
  [
    'a.org:54 {\n bind 10.0.0.1\n forward . 10.0.0.2:54 10.0.0.1:54\n}',
    '3:24: forward: "10.0.0.1:54" is where this server block listens itself; it would ask itself for ever',
  ],
]

test.each(bad)('%j', (text, ...want) => {
  expect(problems(text)).toEqual(want)
})

test.each([
  ['. {\n bind 10.0.0.1\n}\n. {\n bind 10.0.0.2\n}'],
  ['. {\n bind 10.0.0.1\n}\n. {\n bind lo {\n except 10.0.0.1\n }\n}'],
  ['. {\n}\n.:54 {\n}\na.org {\n}'],
  // Another block of the same process, as a stub.
  ['. {\n forward . 127.0.0.1:5300\n}\n.:5300 {\n whoami\n}'],
  ['. {\n bind 10.0.0.1\n forward . 127.0.0.1\n}'],
  ['. {\n forward . tls://127.0.0.1:53\n}'],
])('%j is right', (text) => {
  expect(problems(text)).toEqual([])
})

test('problems of an imported file stand behind those of the file itself, under its own name', () => {
  const files = { 'conf/a': 'cache x y z..\n' }
  expect(problems('. {\n import conf/a\n any x\n}', files)).toEqual([
    '3:6: any: expected nothing more, got "x"',
    'conf/a:1:11: cache: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "z.."',
  ])
})

test('what is not there at all does not take long to say', { timeout: 60_000 }, () => {
  const start = performance.now()
  expect(problems('x '.repeat(400_000))[0]).toContain('with all imports there are more than 100000 words')
  expect(problems('{'.repeat(1000).split('').join(' '))).toContain('1:1: a server block begins with its zones, then {')
  expect(problems(`. ${'a {\n'.repeat(20_000)}`)).toContainEqual(expect.stringContaining('never closed'))
  expect(problems('a'.repeat(2_000_000))).toContainEqual('1:1: the text has 2000000 characters, more than 1048576')
  expect(problems(`. {\n${'foo\n'.repeat(50_000)}}`)).toHaveLength(100)
  const doubling = Array.from({ length: 30 }, (_, i) => `(s${i + 1}) {\n import s${i}\n import s${i}\n}\n`).join('')
  expect(problems(`(s0) {\n log\n}\n${doubling}. {\n import s30\n}`)).toHaveLength(2)
  expect(problems('{$'.repeat(400_000)).length + problems('{%'.repeat(400_000)).length).toBe(2)
  const except = 'except a\n'.repeat(40_000)
  expect(problems(`. {\n forward . 10.0.0.1 {\n${except}}\n}`)).toEqual(['1003:1: forward has more than 1000 options'])
  expect(problems(`. {\n hosts {\n${'10.0.0.1 a\n'.repeat(40_000)}}\n}`)).toEqual([])
  expect(problems(`${'0.0.0.0/1 '.repeat(90_000)}{\n}`).at(-1)).toContain('with this there are more than 100000 zones')
  const manyZones = Array.from({ length: 40_000 }, (_, i) => `${i}.org`).join(' ')
  const addresses = Array.from({ length: 40_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join(' ')
  expect(problems(`${manyZones} {\n bind ${addresses}\n forward . ${addresses.slice(0, 90_000)}\n}`)).toContainEqual(
    '1:1: 40000 zones on 40000 addresses are too many',
  )
  // Each takes less than a second; several were once minutes.
  expect(performance.now() - start).toBeLessThan(30_000)
})
