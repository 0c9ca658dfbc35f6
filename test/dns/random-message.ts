import fc from 'fast-check'
import type { Edns } from '../../src/dns/edns.ts'
import type { Message, MessageRecord } from '../../src/dns/message.ts'
import { nameBytes, spelledName } from '../../src/dns/name.ts'

const uint16 = fc.nat(0xffff)

/** Labels that come again and again, so that there is something to compress, in two spellings. */
const plainLabel = fc.constantFrom('www', 'example', 'Example', 'com', 'net', 'x'.repeat(63), '_tcp', 'a-b', '0')

const oddLabel = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((label) => [...label].map((octet) => `\\${String(octet).padStart(3, '0')}`).join(''))

// dns2 points to a name in whatever spelling it stands.
const plainName = nameOf(plainLabel.map((label) => label.toLowerCase()))
const anyName = nameOf(fc.oneof(plainLabel, oddLabel))

const anyEdns = fc.record({
  udpSize: uint16,
  version: fc.nat(255),
  dnssecOk: fc.boolean(),
  options: fc
    .array(octets(0, 20), { maxLength: 3 })
    .map((options) => Uint8Array.from(options.flatMap((data) => [0xfd, 0xe9, 0, data.length, ...data]))),
})
const plainEdns = fc.record({
  udpSize: fc.integer({ min: 512, max: 4096 }),
  version: fc.constant(0),
  dnssecOk: fc.boolean(),
  options: fc.constant(new Uint8Array()),
})

/** Any message that can be said: every octet in names, every type with names in its data, and opaque ones. */
export const anyMessage = messageOf({
  name: anyName,
  types: [1, 2, 5, 6, 12, 14, 15, 16, 17, 24, 26, 28, 33, 35, 39, 65280],
  classes: [1, 1, 3],
  edns: anyEdns,
  maxRcode: 0xfff,
})

/** What dns-packet and dns2 can say as well: to them a dot in a label ends it, and an OPT has neither options nor a rcode. */
export const plainMessage = messageOf({
  name: plainName,
  types: [1, 2, 5, 6, 12, 15, 28, 33],
  classes: [1],
  edns: plainEdns,
  maxRcode: 15,
})

function nameOf(label: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const labels = fc.array(label, { minLength: 1, maxLength: 6 })
  // Six long labels are no name.
  return labels.map((found) => spelledName(found.join('.')) ?? 'www.example.com.')
}

/** Record data in wire form. */
function dataOf(type: number, name: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  const target = name.map((text) => nameBytes(text) ?? new Uint8Array(1))
  switch (type) {
    case 1:
      return octets(4, 4)
    case 2:
    case 5:
    case 12:
    case 39:
      return target
    case 6:
      // Its times are below 2^31: dns2 takes more for that.
      return joined(
        target,
        target,
        octets(20, 20).map((times) => times.map((octet, i) => (i % 4 === 0 ? octet & 127 : octet))),
      )
    case 14:
    case 17:
      return joined(target, target)
    case 15:
      return joined(octets(2, 2), target)
    case 24:
      return joined(octets(18, 18), target, octets(0, 20))
    case 26:
      return joined(octets(2, 2), target, target)
    case 28:
      return octets(16, 16)
    case 33:
      return joined(octets(6, 6), target)
    case 35:
      return joined(octets(4, 4), fc.constant(Uint8Array.of(1, 97, 0, 2, 98, 99)), target)
    default:
      return octets(0, 40)
  }
}

function octets(minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength })
}

function joined(...parts: readonly fc.Arbitrary<Uint8Array>[]): fc.Arbitrary<Uint8Array> {
  return fc.tuple(...parts).map((found) => Uint8Array.from(found.flatMap((part) => [...part])))
}

function messageOf(choice: {
  readonly name: fc.Arbitrary<string>
  readonly types: readonly number[]
  readonly classes: readonly number[]
  readonly edns: fc.Arbitrary<Edns>
  readonly maxRcode: number
}): fc.Arbitrary<Message> {
  const { name, types, classes, edns, maxRcode } = choice
  const record: fc.Arbitrary<MessageRecord> = fc.constantFrom(...types).chain((type) =>
    fc.record({
      owner: name,
      type: fc.constant(type),
      class: fc.constantFrom(...classes),
      ttl: fc.nat(0x7fffffff),
      data: dataOf(type, name),
    }),
  )
  const question = fc.record({ name, type: fc.constantFrom(...types), class: fc.constantFrom(...classes) })
  const flag = fc.boolean()
  const fields = {
    id: uint16,
    opcode: fc.nat(15),
    response: flag,
    authoritative: flag,
    truncated: flag,
    recursionDesired: flag,
    recursionAvailable: flag,
    authenticData: flag,
    checkingDisabled: flag,
    questions: fc.array(question, { maxLength: 2 }),
    answers: fc.array(record, { maxLength: 8 }),
    authority: fc.array(record, { maxLength: 4 }),
    additional: fc.array(record, { maxLength: 4 }),
  }
  // Only OPT has room for the upper bits of an rcode.
  return fc.oneof(fc.record({ ...fields, rcode: fc.nat(15) }), fc.record({ ...fields, rcode: fc.nat(maxRcode), edns }))
}
