import { expect, test } from 'vitest'
import { nameBytes } from '../../src/dns/name.ts'
import { recordLine } from '../../src/dns/record-line.ts'

const name = (text: string): readonly number[] => [...(nameBytes(text) ?? [])]
const cases: readonly (readonly [type: number, data: readonly number[], text: string])[] = [
  [1, [10, 96, 7, 20], 'A 10.96.7.20'],
  [28, [0x20, 1, 0x0d, 0xb8, ...Array<number>(11).fill(0), 0x10], 'AAAA 2001:db8::10'],
  [5, name('Cart.shop.'), 'CNAME Cart.shop.'],
  [12, name('.'), 'PTR .'],
  [33, [0, 0, 0, 100, 31, 144, ...name('a.b.')], 'SRV 0 100 8080 a.b.'],
  [16, [5, 49, 46, 49, 46, 48, 3, 34, 92, 7, 0], 'TXT "1.1.0" "\\"\\\\\\007" ""'],
  [
    6,
    [...name('ns.'), ...name('me.'), 0, 0, 0, 1, 0, 0, 28, 32, 0, 0, 7, 8, 0, 1, 81, 128, 255, 255, 255, 255],
    'SOA ns. me. 1 7200 1800 86400 4294967295',
  ],
  // What is no data of its type, or of a type that is not known.
  [1, [10, 96, 7], 'A \\# 3 0A6007'],
  [28, [], 'AAAA \\# 0'],
  [5, [...name('a.'), 0], 'CNAME \\# 4 01610000'],
  [33, [0, 0, 0, 1], 'SRV \\# 4 00000001'],
  [16, [5, 49], 'TXT \\# 2 0531'],
  [6, [...name('ns.'), 0], 'SOA \\# 5 026E730000'],
  [4711, [1], 'TYPE4711 \\# 1 01'],
]

test.each(cases)('type %i, %j: %s', (type, data, text) => {
  expect(recordLine({ owner: 'x.', type, class: 1, ttl: 5, data: Uint8Array.from(data) })).toBe(`x. 5 IN ${text}`)
})
