import { serveDatagrams } from './dns-datagrams.ts'
import type { AnswerDns, DnsListener } from './dns-service.ts'
import { serveStreams } from './dns-streams.ts'

/** How often port 0 may find a UDP port whose TCP twin is taken. */
const maxTries = 20

/**
 * Answers DNS over UDP and TCP on one port of one address; port 0 takes one that is free for both. Give each local
 * address its own listener: a socket on 0.0.0.0 replies from whichever address the route prefers, and clients drop that.
 */
export async function listenDns(
  address: { readonly host: string; readonly port: number },
  answer: AnswerDns,
  log: (message: string) => void,
): Promise<DnsListener> {
  const guarded = neverThrowing(answer, log)
  for (let tries = 1; ; tries++) {
    const datagrams = await serveDatagrams(address, guarded, log).catch(asSentence(address))
    try {
      const streams = await serveStreams({ host: address.host, port: datagrams.port }, guarded, log)
      return {
        port: datagrams.port,
        close: async () => {
          await Promise.all([datagrams.close(), streams.close()])
        },
      }
    } catch (error) {
      await datagrams.close()
      if (address.port !== 0 || codeOf(error) !== 'EADDRINUSE' || tries === maxTries) asSentence(address)(error)
    }
  }
}

/** A defect must cost one answer, not the node's DNS; it is logged once, since it may come with every query. */
function neverThrowing(answer: AnswerDns, log: (message: string) => void): AnswerDns {
  let logged = false
  return (query, transport) => {
    try {
      return answer(query, transport)
    } catch (error) {
      if (!logged)
        log(`Cannot answer a DNS query: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      logged = true
      return undefined
    }
  }
}

function asSentence(address: { readonly host: string; readonly port: number }): (error: unknown) => never {
  return (error) => {
    throw new Error(`Cannot listen for DNS on ${address.host} port ${address.port}: ${reason(error)}`, { cause: error })
  }
}

function reason(error: unknown): string {
  switch (codeOf(error)) {
    case 'EACCES':
      return 'ports below 1024 need root or the capability NET_BIND_SERVICE'
    case 'EADDRINUSE':
      return 'another process already listens there; "ss -lunpt" shows which'
    case 'EADDRNOTAVAIL':
      return 'no interface of this node has that address; "ip address" shows those it has'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
