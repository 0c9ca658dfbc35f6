import { expect, test } from 'vitest'
import { acl } from '../../src/plugins/acl.ts'
import { opt } from '../dns/codec.ts'
import { answerTo, pluginsOf, query, replyTo, zone } from './client.ts'

const behind = zone('www.example.org. 5 IN A 192.0.2.80', 'www.example.org. 5 IN AAAA 2001:db8::80')
const passed = 'NOERROR rd\nwww.example.org 5 A 192.0.2.80'
const passedSix = 'NOERROR rd\nwww.example.org 5 AAAA 2001:db8::80'

/** The directives, who asks for which type of www.example.org, and the answer, which is CoreDNS 1.14.7's. */
const cases: readonly (readonly [string, string, string])[] = [
  ['acl {\n block net 10.244.0.0/16\n}', '10.244.1.7 A', 'REFUSED rd'],
  ['acl {\n block net 10.244.0.0/16\n}', '10.245.1.7 A', passed],
  ['acl {\n block net 10.244.0.0/16\n}', '2001:db8::1 A', passed],
  ['acl {\n filter net 2001:db8::/33\n}', '2001:db8:7fff::1 A', 'NOERROR rd'],
  ['acl {\n filter net 2001:db8::/33\n}', '2001:db8:8000::1 A', passed],
  ['acl {\n filter net 10.244.1.7\n}', '10.244.1.7 A', 'NOERROR rd'],
  ['acl {\n filter net 10.244.1.7\n}', '10.244.1.6 A', passed],
  ['acl {\n drop net 0.0.0.0/0\n}', '10.244.1.7 A', 'silence'],
  ['acl {\n drop\n}', '2001:db8::1 A', 'silence'],
  ['acl {\n allow net 10.244.1.0/24\n block\n}', '10.244.1.7 A', passed],
  ['acl {\n allow net 10.244.1.0/24\n block\n}', '10.244.2.7 A', 'REFUSED rd'],
  // The first that fits, however large its network.
  ['acl {\n block net 10.0.0.0/8\n allow net 10.244.1.7/32\n}', '10.244.1.7 A', 'REFUSED rd'],
  ['acl {\n block type A net *\n filter type AAAA\n}', '10.244.1.7 A', 'REFUSED rd'],
  ['acl {\n block type A net *\n filter type AAAA\n}', '10.244.1.7 AAAA', 'NOERROR rd'],
  ['acl {\n block type * net 10.0.0.0/8 ::/0\n}', '2001:db8::1 AAAA', 'REFUSED rd'],
  ['acl {\n block type A\n}', '10.244.1.7 AAAA', passedSix],
  ['acl example.com {\n block\n}', '10.244.1.7 A', passed],
  ['acl example.com {\n block\n}\nacl {\n filter\n}', '10.244.1.7 A', 'NOERROR rd'],
  // What one directive allows, those behind it do not take back.
  ['acl example.org {\n allow type A\n}\nacl {\n block\n}', '10.244.1.7 A', passed],
  ['acl example.org {\n allow type A\n}\nacl {\n block\n}', '10.244.1.7 AAAA', 'REFUSED rd'],
]

test.each(cases)('%s: %s', async (text, question, answer) => {
  const [address = '', type = ''] = question.split(' ')
  const handler = acl(pluginsOf('acl', text), behind, () => undefined)
  expect(await answerTo(handler, query('www.example.org', type, {}, { client: { address, port: 4000 } }))).toBe(answer)
})

// CoreDNS sends an OPT to clients without one as well, which RFC 6891 section 7 forbids.
test.each([
  ['block', 15],
  ['filter', 17],
])('%s gives its reason to clients with EDNS', async (action, code) => {
  const handler = acl(pluginsOf('acl', `acl {\n ${action}\n}`), behind, () => undefined)
  const reply = await replyTo(handler, query('www.example.org', 'A', { additionals: opt() }))
  expect(reply?.additionals).toMatchObject([{ options: [{ code: 15, data: Buffer.from([0, code]) }] }])
  expect((await replyTo(handler, query('www.example.org')))?.additionals).toEqual([])
})
