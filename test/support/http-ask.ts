import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** Asks over a connection of its own, as probes and load balancers do; rejects where nobody listens. */
export async function askHttp(url: string, method = 'GET'): Promise<HttpReply> {
  const asked = request(url, { method, agent: false }).end()
  const [reply]: IncomingMessage[] = await once(asked, 'response')
  if (reply === undefined) throw new Error(`No answer from ${url}`)
  return { status: reply.statusCode ?? 0, headers: reply.headers, body: await text(reply) }
}
