import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nameBytes } from '../../src/dns/name.ts'
import { encodeMessage } from '../../src/dns/message-encoder.ts'
import { parseRecordText } from '../../src/dns/record-text.ts'
import { decoded } from './fake-target.ts'
import { replyWith } from './replies.ts'

/** A record as text, and as miekg/dns 1.1.72, the library of CoreDNS, reads and writes it. */
const records: readonly (readonly [string, string])[] = [
  ['a.example. 60 IN A 192.0.2.1', '0161076578616d706c6500000100010000003c0004c0000201'],
  ['a.example 60 IN A 192.0.2.1', '0161076578616d706c6500000100010000003c0004c0000201'],
  ['A.Example. IN 60 A 192.0.2.1', '0141074578616d706c6500000100010000003c0004c0000201'],
  ['a. A 192.0.2.1', '0161000001000100000e100004c0000201'],
  ['a. IN A 192.0.2.1', '0161000001000100000e100004c0000201'],
  ['a. 1h30m A 192.0.2.1', '01610000010001000015180004c0000201'],
  ['a. 60 in a 192.0.2.1', '016100000100010000003c0004c0000201'],
  ['a. 60 CH TXT x', '016100001000030000003c00020178'],
  ['a. 60 CH A 192.0.2.1', '016100000100030000003c0004c0000201'],
  ['a. 60 IN AAAA 2001:db8::1', '016100001c00010000003c001020010db8000000000000000000000001'],
  ['a. 60 IN AAAA ::ffff:1.2.3.4', '016100001c00010000003c001000000000000000000000ffff01020304'],
  ['a. 60 IN CNAME b.example', '016100000500010000003c000b0162076578616d706c6500'],
  ['a. 60 IN CNAME b.example.', '016100000500010000003c000b0162076578616d706c6500'],
  ['a. 60 IN CNAME .', '016100000500010000003c000100'],
  ['a. 60 IN TXT foo', '016100001000010000003c000403666f6f'],
  ['a. 60 IN TXT foo bar', '016100001000010000003c000803666f6f03626172'],
  ['a. 60 IN TXT "foo bar"  "baz"', '016100001000010000003c000c07666f6f206261720362617a'],
  ['a. 60 IN TXT ""', '016100001000010000003c000100'],
  [String.raw`a. 60 IN TXT "a\"b" c\;d "x\100\\"`, '016100001000010000003c000c0361226203633b640378645c'],
  ['a. 60 IN TXT "a;b" ; comment', '016100001000010000003c000403613b62'],
  ['a. 60 IN TXT "ü"', '016100001000010000003c000302c3bc'],
  ['a. 60 IN MX 10 mail.example.', '016100000f00010000003c0010000a046d61696c076578616d706c6500'],
  ['a. 60 IN MX 10 mail', '016100000f00010000003c0008000a046d61696c00'],
  ['a. 60 IN SRV 1 2 80 t.example.', '016100002100010000003c00110001000200500174076578616d706c6500'],
  ['a. 60 IN NS ns1.example.', '016100000200010000003c000d036e7331076578616d706c6500'],
  [
    '1.2.0.192.in-addr.arpa. 60 IN PTR host.example.',
    '0131013201300331393207696e2d61646472046172706100000c00010000003c000e04686f7374076578616d706c6500',
  ],
  [
    'a. 60 IN SOA ns. host.a. 1 2 3 4 5',
    '016100000600010000003c0020026e730004686f73740161000000000100000002000000030000000400000005',
  ],
  [
    'a. 60 IN SOA ns. host.a. (1 1h 15m 1w 1d)',
    '016100000600010000003c0020026e730004686f73740161000000000100000e100000038400093a8000015180',
  ],
  [
    'a. 60 IN SOA ns. host.a. (\n 1 ; serial\n 2 3 4\n 5 )',
    '016100000600010000003c0020026e730004686f73740161000000000100000002000000030000000400000005',
  ],
  ['a. 60 IN HINFO "PC" "Linux"', '016100000d00010000003c0009025043054c696e7578'],
  ['a. 60 IN HINFO PC Linux', '016100000d00010000003c0009025043054c696e7578'],
  ['a. 60 IN CAA 0 issue "letsencrypt.org"', '016100010100010000003c0016000569737375656c657473656e63727970742e6f7267'],
  ['a. 60 IN CAA 128 iodef mailto:a@b', '016100010100010000003c00118005696f6465666d61696c746f3a614062'],
  ['a. 60 IN CAA 0 issue ""', '016100010100010000003c000700056973737565'],
  ['a. 60 IN CAA 0 issue ";"', '016100010100010000003c0008000569737375653b'],
  [String.raw`a. 60 IN TYPE65280 \# 4 C0000201`, '016100ff0000010000003c0004c0000201'],
  [String.raw`a. 60 IN TYPE65280 \# 4 C000 0201`, '016100ff0000010000003c0004c0000201'],
  [String.raw`a. 60 IN TYPE65280 \# 0`, '016100ff0000010000003c0000'],
  [String.raw`a. 60 IN A \# 4 C0000201`, '016100000100010000003c0004c0000201'],
  [String.raw`a. 60 IN TYPE1 \# 4 C0000201`, '016100000100010000003c0004c0000201'],
  ['a. 60 IN TYPE1 192.0.2.1', '016100000100010000003c0004c0000201'],
  ['a. 60 CLASS1 A 192.0.2.1', '016100000100010000003c0004c0000201'],
  [String.raw`a. 60 CLASS32 TYPE731 \# 6 abcdef012345`, '01610002db00200000003c0006abcdef012345'],
  ['a. 60 IN DNAME b.', '016100002700010000003c0003016200'],
  [
    'a. 60 IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:x@y!" .',
    '016100002300010000003c001e0064000a0175074532552b7369700e215e2e2a24217369703a7840792100',
  ],
  ['a. 60 IN SPF "v=spf1 -all"', '016100006300010000003c000c0b763d73706631202d616c6c'],
  [String.raw`a. 60 IN HTTPS \# 3 000100`, '016100004100010000003c0003000100'],
  ['\n\na. 60 IN A 192.0.2.1\n', '016100000100010000003c0004c0000201'],
  ['a. 60 IN A 192.0.2.1\nb. 60 IN A 192.0.2.2', '016100000100010000003c0004c0000201'],
  ['. 60 IN A 192.0.2.1', '00000100010000003c0004c0000201'],
  ['@ 60 IN A 192.0.2.1', '00000100010000003c0004c0000201'],
  ['*.a. 60 IN A 192.0.2.1', '012a016100000100010000003c0004c0000201'],
  [String.raw`a\.b.c. 60 IN A 192.0.2.1`, '03612e62016300000100010000003c0004c0000201'],
  [String.raw`a\046b.c. 60 IN A 192.0.2.1`, '03612e62016300000100010000003c0004c0000201'],
  ['a.\t60\tIN\tA\t192.0.2.1', '016100000100010000003c0004c0000201'],
  ['a. 4294967295 IN A 192.0.2.1', '01610000010001ffffffff0004c0000201'],
  ['a. 60 IN A (192.0.2.1)', '016100000100010000003c0004c0000201'],
  ['a. 0 IN A 192.0.2.1', '01610000010001000000000004c0000201'],
  ['a.b@c. 60 IN A 192.0.2.1', '01610362406300000100010000003c0004c0000201'],
  ['a. 60 IN SRV 0 0 080 t.', '016100002100010000003c0009000000000050017400'],
  ['a. 1d IN A 192.0.2.1', '01610000010001000151800004c0000201'],
  ['a. 1H IN A 192.0.2.1', '0161000001000100000e100004c0000201'],
  ['a. 60 IN TXT a"b"', '016100001000010000003c000401610162'],
  ['a. 60 IN CAA 0 issue letsencrypt.org', '016100010100010000003c0016000569737375656c657473656e63727970742e6f7267'],
  [String.raw`a. 60 IN TXT a\032b`, '016100001000010000003c000403612062'],
  ['a. 60 IN TXT "multi\nline"', '016100001000010000003c000b0a6d756c74690a6c696e65'],
]

test.each(records)('%s', (text, hex) => {
  expect(hexOf(text)).toBe(hex)
})

/** Which miekg/dns does not read either. */
const broken: readonly string[] = [
  'a. 60 IN A 192.0.2.01',
  'a. 60 IN A 192.0.2.256',
  'a. 60 IN A 192.0.2.1 extra',
  'a. 60 IN AAAA 1.2.3.4',
  'a. 60 IN CNAME a..b',
  'a. 60 IN TXT "open',
  'a. 60 IN MX mail',
  'a. 60 IN MX 65536 mail.',
  'a. 60 IN SRV 1 2 80',
  'a. 60 IN SOA ns. host.a. 4294967296 2 3 4 5',
  'a. 60 IN CAA 256 issue ";"',
  String.raw`a. 60 IN TYPE65280 \# 3 C0000201`,
  String.raw`a. 60 IN A \# 3 C00002`,
  String.raw`a. 60 IN MX \# 4 000a 0100`,
  '',
  '   ',
  '; only',
  'a. 60 60 A 192.0.2.1',
  'a. IN IN A 192.0.2.1',
  'a. 4294967296 IN A 192.0.2.1',
  'a. -1 IN A 192.0.2.1',
  'a. 60 IN NOPE x',
  'a. 60 IN',
  'a. 60',
  'a.',
  'a. 60 IN A ( 192.0.2.1',
  'a. 60 IN A 192.0.2.1 )',
  'a. 60 IN ANY x',
  'a. 60 IN OPT x',
  'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx. 60 IN A 192.0.2.1',
  'a. 1x IN A 192.0.2.1',
  '$TTL 60',
  '$INCLUDE x',
]

test.each(broken)('no record: %j', (text) => {
  expect(parseRecordText(text)).toBeTypeOf('string')
})

describe('otherwise than miekg/dns', () => {
  test.each(['a. 60 IN A', 'a. 60 IN TXT', 'a. 60 IN SOA ns. host.a. 1 2 3 4'])('%s has too little data', (text) => {
    expect(parseRecordText(text)).toMatch(/expected .* got nothing$/)
  })

  test('data behind \\# has to be all of its type', () => {
    expect(parseRecordText(String.raw`a. IN MX \# 6 000a 0161 00 00`)).toBe('MX: the octets are no data of this type')
  })

  test('types that seldom stand in templates are written as RFC 3597 has them', () => {
    expect(parseRecordText('a. IN HTTPS 1 .')).toBe(
      String.raw`HTTPS: expected \#, the number of octets and hexadecimal digits`,
    )
  })

  test('words in quotes are words, and blanks in front mean nothing', () => {
    expect(hexOf('  "a." 60 IN A "192.0.2.1"')).toBe(hexOf('a. 60 IN A 192.0.2.1'))
  })
})

test('a text longer than a string is several', () => {
  const record = parseRecordText(`a. IN TXT "${'x'.repeat(600)}"`)
  expect(record).toMatchObject({ data: { length: 603, 0: 255, 256: 255, 512: 90 } })
})

test('more than 65,535 octets of data are no record', () => {
  expect(parseRecordText(`a. IN TXT "${'x'.repeat(65_400)}"`)).toBe('TXT: the data has more than 65535 octets')
})

test('whatever the text, it is a record that a message can have, or a sentence', () => {
  const piece = fc.oneof(
    fc.constantFrom('a.', '60', 'IN', 'CH', 'A', 'AAAA', 'MX', 'TXT', 'SOA', 'CAA', 'SRV', 'NAPTR', 'TYPE33', '1h'),
    fc.constantFrom(
      String.raw`\#`,
      '"',
      '(',
      ')',
      ';',
      '\n',
      String.raw`\0`,
      String.raw`\999`,
      '\\',
      'C0',
      '10.0.0.1',
      '::1',
    ),
    fc.string({ maxLength: 4 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), fc.constantFrom('a. 60 IN ', ''), (pieces, head) => {
      const record = parseRecordText(head + pieces.join(' '))
      if (typeof record === 'string') return
      const message = decoded(encodeMessage(replyWith({ questions: [], answers: [record] })))
      expect(message.answers).toEqual([record])
    }),
    { numRuns: 20_000 },
  )
})

/** Owner, type, class, TTL, length and data. */
function hexOf(text: string): string {
  const record = parseRecordText(text)
  if (typeof record === 'string') return record
  const { owner, type, class: recordClass, ttl, data } = record
  const head = Buffer.alloc(10)
  head.writeUInt16BE(type)
  head.writeUInt16BE(recordClass, 2)
  head.writeUInt32BE(ttl, 4)
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([nameBytes(owner) ?? Buffer.from('no name'), head, data]).toString('hex')
}
