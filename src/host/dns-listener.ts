import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { serveDatagrams } from './dns-datagrams.ts'
import { DnsGuard } from './dns-guard.ts'
import { DnsLoad } from './dns-load.ts'
import { errorText } from './error-text.ts'
import type { AnswerDns, DnsAddress, DnsListener } from './dns-service.ts'
import { serveStreams } from './dns-streams.ts'

/** How often port 0 may find a UDP port whose TCP twin is taken. */
const maxTries = 20

/**
 * Answers DNS over UDP and TCP on one port of one address; port 0 takes one that is free for both. Other processes and
 * threads may do so at the same time, if all of them allow it (SO_REUSEPORT) and run as the same user. Give each local
 * address its own listener: a socket on 0.0.0.0 replies from whichever address the route prefers, and clients drop that.
 *
 * @param load What the listeners of this thread share; absent: nothing.
 */
export async function listenDns(
  address: DnsAddress,
  answer: AnswerDns,
  log: (message: string) => void,
  load: DnsLoad = new DnsLoad(),
): Promise<DnsListener> {
  for (let tries = 1; ; tries++) {
    try {
      const port = address.port === 0 ? await freePort(address.host) : address.port
      return await listenOn({ host: address.host, port }, answer, load, log)
    } catch (error) {
      if (address.port !== 0 || codeOf(error) !== 'EADDRINUSE' || tries === maxTries) throw asSentence(address, error)
    }
  }
}

async function listenOn(
  local: DnsAddress,
  answer: AnswerDns,
  load: DnsLoad,
  log: (message: string) => void,
): Promise<DnsListener> {
  const guard = new DnsGuard(log)
  const guarded = guard.guard(answer)
  const datagrams = await serveDatagrams(local, guarded, load, log)
  try {
    const defect = (error: unknown): void => guard.defect(error)
    const streams = await serveStreams({ local, answer: guarded, load, defect }, log)
    return {
      port: local.port,
      close: async () => {
        await Promise.all([datagrams.close(), streams.close()])
      },
    }
  } catch (error) {
    await datagrams.close()
    throw error
  }
}

/** A UDP port that no socket has: the kernel could choose one that another of ours shares (SO_REUSEPORT) if it were asked to. */
export async function freePort(host: string): Promise<number> {
  const probe = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const listening = once(probe, 'listening')
  try {
    probe.bind(0, host)
    await listening
    return probe.address().port
  } finally {
    probe.close()
  }
}

function asSentence({ host, port }: DnsAddress, error: unknown): Error {
  return new Error(`Cannot listen for DNS on ${host} port ${port}: ${reason(error)}`, { cause: error })
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
      return errorText(error)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
