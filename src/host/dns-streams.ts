import { once } from 'node:events'
import { createServer } from 'node:net'
import { DnsStream, type DnsStreamServer } from './dns-stream.ts'
import type { DnsListener } from './dns-service.ts'
import { loopTurn } from './loop-turn.ts'

/** The longest time that what is under way may take when a server closes; one forwarded query may take five seconds. */
const closingMs = 6000

/** Connections that wait to be accepted while the process is busy; the kernel cuts it to net.core.somaxconn. */
const backlog = 4096

/** Answers DNS over TCP (RFC 7766), beside whoever else does at the same address. */
export async function serveStreams(shared: DnsStreamServer, log: (message: string) => void): Promise<DnsListener> {
  const { host, port } = shared.local
  const streams = new Set<DnsStream>()
  let accepted = 0
  // A client that has sent all its queries may still wait for answers.
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const stream = new DnsStream(socket, shared)
    streams.add(stream)
    accepted++
    socket.on('close', () => streams.delete(stream))
  })
  server.listen({ host, port, backlog, reusePort: true, ipv6Only: host.includes(':') })
  // Rejects with the error if that comes first.
  await once(server, 'listening')
  server.on('error', (error) => log(`DNS over TCP on ${host}: ${error.message}`))
  return {
    port,
    close: async () => {
      // The kernel resets what it has not handed out when a server closes, so that is done when nothing waits.
      await untilSame(() => accepted)
      const closed = once(server, 'close')
      server.close()
      for (const stream of streams) stream.finish()
      const patience = setTimeout(() => {
        for (const stream of streams) stream.destroy()
      }, closingMs)
      await closed
      clearTimeout(patience)
    },
  }
}

/** Resolves after a turn of the event loop that has not changed a figure, or a hundred that have. */
async function untilSame(figure: () => number): Promise<void> {
  for (let turns = 0, before = Number.NaN; turns < 100 && before !== figure(); turns++) {
    before = figure()
    await loopTurn()
  }
}
