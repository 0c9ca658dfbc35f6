import type { Bufsize } from '../config/corefile/plugins/bufsize.ts'
import type { Request } from './request.ts'

/**
 * A query as it is when its client takes datagrams of at most so many octets. It holds for the plugins as for what is
 * sent to the client, so both get this one. A query without EDNS takes 512 octets in any case.
 */
export function limitSize({ size }: Bufsize, request: Request): Request {
  const { edns } = request.query
  if (edns === undefined || edns.udpSize <= size) return request
  return { ...request, query: { ...request.query, edns: { ...edns, udpSize: size } } }
}
