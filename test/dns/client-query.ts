import type { Packet } from 'dns-packet'
import { forwardQuery, type ForwardQuery } from '../../src/dns/forward-query.ts'
import { readQuery, type Query } from '../../src/dns/query.ts'
import { encodeQuery } from './codec.ts'

/** A query as a client sends it and as `readQuery` has read it. */
export function clientQuery(
  name: string,
  type = 'A',
  more: Partial<Packet> = {},
): { message: Uint8Array; query: Query } {
  const message = encodeQuery(name, type, more)
  const query = readQuery(message, 'udp')
  if (query.kind !== 'query') throw new Error(`the query for ${name} is none`)
  return { message, query }
}

/** The same as it is forwarded. */
export function forwarded(name: string, type = 'A', more: Partial<Packet> = {}): ForwardQuery {
  const { message, query } = clientQuery(name, type, more)
  return forwardQuery(message, query)
}
