import { once, type EventEmitter } from 'node:events'
import { decode, encode, type DecodedPacket, type Packet, type RecordType } from 'dns-packet'

/** What dns-packet decodes beyond what its types say. */
export type Decoded = DecodedPacket & { readonly rcode: string }

/** A query as an independent encoder writes it. */
export function encodeQuery(name: string, type: string, more: Partial<Packet> = {}): Buffer {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dns-packet knows more types than its typings
  return encode({ type: 'query', id: 4711, flags: 0x0100, questions: [{ name, type: type as RecordType }], ...more })
}

/** The additional section of a query with EDNS, 4096 octets and version 0 if not said otherwise. */
export function opt(fields: object = {}): NonNullable<Packet['additionals']> {
  const record: unknown = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [], ...fields }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the typings ask for fields that the encoder fills in
  return [record as NonNullable<Packet['additionals']>[number]]
}

/** A message as an independent decoder reads it. */
export function decodeMessage(message: Uint8Array): Decoded {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as the type says
  return decode(Buffer.from(message)) as Decoded
}

/** The octets that a socket's next `data` or `message` event brings. */
export async function octetsOf(socket: EventEmitter, event: 'data' | 'message'): Promise<Buffer> {
  const [octets]: unknown[] = await once(socket, event)
  if (!Buffer.isBuffer(octets)) throw new TypeError(`the event ${event} brought no octets`)
  return octets
}
