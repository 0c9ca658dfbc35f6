import { answersQuery } from '../../src/dns/forward-query.ts'
import type { Message } from '../../src/dns/message.ts'
import type { Upstream } from '../../src/host/upstream.ts'
import { forwarded } from '../dns/client-query.ts'
import { decoded } from '../dns/fake-target.ts'

/** Asks an upstream server for A of a name and reads its reply; a second for all of it. */
export async function exchange(
  upstream: Upstream,
  transport: 'udp' | 'tcp',
  name = 'www.example.com',
  times: { readonly readMs?: number; readonly totalMs?: number } = {},
): Promise<Message> {
  const query = forwarded(name)
  const accepts = (reply: Uint8Array): boolean => answersQuery(query, reply)
  return decoded(await upstream.exchange(query.wire, { transport, readMs: 1000, totalMs: 1000, ...times, accepts }))
}
