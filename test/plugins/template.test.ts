import { describe, expect, test } from 'vitest'
import type { Handler } from '../../src/plugins/handler.ts'
import { askInstead } from '../../src/plugins/request.ts'
import { template } from '../../src/plugins/template.ts'
import { opt } from '../dns/codec.ts'
import { answerTo, nobody, pluginsOf, query, replyTo, zone } from './client.ts'

function templates(text: string, next: Handler = nobody, ask: Handler = nobody): Handler {
  return template(pluginsOf('template', text), next, ask, () => undefined)
}

const address = String.raw`template IN A example.net {
  match ^ip-(?P<a>[0-9]*)-(?P<b>[0-9]*)[.]example[.]net[.]$
  answer "{{ .Name }} 60 IN A 10.0.{{ .Group.a }}.{{ index .Match 2 }}"
  FALLTHROUGH
}`
const falling = address.replace('FALLTHROUGH', 'fallthrough a.example.net')
const strict = address.replace('FALLTHROUGH', '')

/** Lines of a Corefile, a question, the answer. CoreDNS 1.14.7 gives the same, but owners are spelled as the question here. */
const cases: readonly (readonly [string, string, string])[] = [
  ['template IN AAAA .', 'x.org AAAA', 'NOERROR aa rd'],
  ['template IN AAAA .', 'x.org A', 'REFUSED rd'],
  ['template IN A example.net', 'x.example.org A', 'REFUSED rd'],
  ['template CH A', 'x.org A', 'REFUSED rd'],
  ['template IN A {\n answer "{{ .Name }} 9 IN A 192.0.2.7"\n}', 'x.org ANY', 'NOERROR aa rd\nx.org 9 A 192.0.2.7'],
  [
    'template ANY ANY example.net {\n rcode NXDOMAIN\n authority "{{ .Zone }} 60 IN SOA ns.{{ .Zone }} host.{{ .Zone }} (1 60 60 60 60)"\n}',
    'X.example.net TXT',
    'NXDOMAIN aa rd\nauthority example.net 60 SOA ns.example.net host.example.net 1 60 60 60 60',
  ],
  [strict, 'IP-7-8.Example.net A', 'NOERROR aa rd\nIP-7-8.Example.net 60 A 10.0.7.8'],
  [strict, 'ip-7-300.example.net A', 'SERVFAIL rd'],
  [strict, 'ip-7-08.example.net A', 'SERVFAIL rd'],
  [strict, 'www.example.net A', 'SERVFAIL rd'],
  [falling, 'www.example.net A', 'SERVFAIL rd'],
  [falling, 'www.a.example.net A', 'REFUSED rd'],
  [
    `${falling}\ntemplate IN A {\n match ^www\n answer "{{ .Name }} 60 IN A 10.9.9.9"\n}`,
    'www.a.example.net A',
    'NOERROR aa rd\nwww.a.example.net 60 A 10.9.9.9',
  ],
  [
    'template IN A {\n match ^(?P<a>x)[.]org ^y(?P<b>z?)[.]org\n answer "{{ .Name }} 60 IN A 10.0.{{ index .Group \\"b\\" }}0.1"\n}',
    'y.org A',
    'NOERROR aa rd\ny.org 60 A 10.0.0.1',
  ],
  [
    'template ANY ANY {\n answer "{{ .Name }} 0 {{ .Class }} TXT {{ .Type }} {{ .Remote }} {{ .Question.Name }} {{ .Question.Qtype }} {{ .Question.Qclass }} {{ .Zone }}"\n}',
    'X.a TXT',
    'NOERROR aa rd\nX.a 0 TXT "TXT" "10.244.1.7" "X.a." "16" "1" "."',
  ],
  [
    'template IN MX {\n answer "{{ .Name }} 60 IN MX 10 mail.{{ .Name }}" "{{ .Name }} 60 IN MX 20 mail2"\n additional "mail.{{ .Name }} 60 IN A 10.0.0.1"\n}',
    'x.org MX',
    'NOERROR aa rd\nx.org 60 MX 10 mail.x.org\nx.org 60 MX 20 mail2\nadditional mail.x.org 60 A 10.0.0.1',
  ],
  ['template IN A {\n rcode SERVFAIL\n}', 'x.org A', 'SERVFAIL rd'],
  ['template IN A {\n rcode REFUSED\n}', 'x.org A', 'REFUSED aa rd'],
]

test.each(cases)('%s: %s', async (text, question, answer) => {
  const [name = '', type = ''] = question.split(' ')
  expect(await answerTo(templates(text), query(name, type))).toBe(answer)
})

test('a record that cannot be read fails the query, and says why', async () => {
  const text = 'template IN A {\n answer "{{ .Name }} 60 IN A nope"\n}'
  expect(await templates(text)(query('x.org'))).toEqual({
    kind: 'rcode',
    rcode: 2,
    reason: 'the template made "x.org. 60 IN A nope", which is not a record: A: expected an IPv4 address, got "nope"',
  })
})

test('the reason of an error, for who has EDNS', async () => {
  const text = 'template IN A {\n rcode NXDOMAIN\n ederror 21 "Blocked by us"\n}'
  const reply = await replyTo(templates(text), query('x.org', 'A', { additionals: opt() }))
  expect(reply?.rcode).toBe('NXDOMAIN')
  expect(reply?.additionals).toMatchObject([{ options: [{ code: 15, data: Buffer.from('\0\u0015Blocked by us') }] }])
  expect((await replyTo(templates(text), query('x.org')))?.additionals).toEqual([])
})

describe('an alias', () => {
  const text = 'template IN ANY old.net {\n answer "{{ .Name }} 60 IN CNAME www.example.org."\n}'
  const target = zone('www.example.org. 300 IN A 192.0.2.80')

  test('is followed for addresses, from the first plugin on', async () => {
    expect(await answerTo(templates(text, nobody, target), query('X.old.net'))).toBe(
      'NOERROR aa rd\nX.old.net 60 CNAME www.example.org\nwww.example.org 300 A 192.0.2.80',
    )
    expect(await answerTo(templates(text, nobody, target), query('x.old.net', 'AAAA'))).toBe(
      'NOERROR aa rd\nx.old.net 60 CNAME www.example.org',
    )
    expect(await answerTo(templates(text, nobody, nobody), query('x.old.net'))).toBe(
      'NOERROR aa rd\nx.old.net 60 CNAME www.example.org',
    )
  })

  test('of other types is left to the client', async () => {
    const asked = target.asked.length
    await answerTo(templates(text, nobody, target), query('x.old.net', 'TXT'))
    expect(target.asked.length).toBe(asked)
  })

  test('that leads to itself is followed eight times', async () => {
    const loop = 'template IN A {\n answer "{{ .Name }} 60 IN CNAME x.{{ .Name }}"\n}'
    let asked = 0
    const handler: Handler = templates(loop, nobody, (request) => {
      asked++
      return handler(request)
    })
    const reply = await replyTo(handler, query('org'))
    expect(asked).toBe(8)
    expect(reply?.answers?.length).toBe(9)
  })

  test('takes time only where the answer does', async () => {
    expect(templates(text, nobody, target)(query('x.old.net'))).not.toBeInstanceOf(Promise)
    const slow: Handler = async (request) => Promise.resolve(target(request))
    expect(await answerTo(templates(text, nobody, slow), query('x.old.net'))).toContain('192.0.2.80')
  })
})

test('names of more than 256 characters are not matched with an expression', async () => {
  const request = askInstead(query('x.org'), { name: `${String.raw`\001`.repeat(61)}.org.` })
  const handler = templates('template IN A {\n answer "{{ .Name }} 60 IN A 10.0.0.1"\n}')
  expect(await answerTo(handler, request)).toMatch(/^NOERROR/)
  const long = askInstead(query('x.org'), { name: `${`${String.raw`\001`.repeat(62)}.`.repeat(2)}org.` })
  expect(await handler(long)).toEqual({ kind: 'rcode', rcode: 2 })
})
