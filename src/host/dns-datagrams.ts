import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AnswerDns, DnsListener } from './dns-service.ts'

/** Room for some thousand queries that arrive while the process is busy; the kernel cuts it to net.core.rmem_max. */
const receiveBuffer = 4 * 1024 * 1024

/** Answers DNS over UDP. */
export async function serveDatagrams(
  address: { readonly host: string; readonly port: number },
  answer: AnswerDns,
  log: (message: string) => void,
): Promise<DnsListener> {
  const ipv6 = address.host.includes(':')
  const socket = createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    recvBufferSize: receiveBuffer,
    // Replies go to the address a query came from; without this, Node passes each through its name lookup.
    lookup: (host, _options, callback) => callback(null, host, ipv6 ? 6 : 4),
  })
  socket.on('message', (query, from) => reply(socket, query, from, answer))
  // Asked for first: with a lookup that answers at once, bind() tells before it returns.
  const listening = once(socket, 'listening')
  socket.bind(address.port, address.host)
  try {
    await listening
  } catch (error) {
    socket.close()
    throw error
  }
  socket.on('error', (error) => log(`DNS over UDP on ${address.host}: ${error.message}`))
  return {
    port: socket.address().port,
    close: async () => {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

/** Answers one datagram. None with source port 0: nobody can receive there, and Node throws at the attempt to send. */
export function reply(
  socket: Pick<Socket, 'send'>,
  query: Uint8Array,
  from: Pick<RemoteInfo, 'address' | 'port'>,
  answer: AnswerDns,
): void {
  if (from.port === 0) return
  const message = answer(query, 'udp')
  // Without a callback a reply that the network refuses is simply lost, as a datagram may be.
  if (message) socket.send(message, from.port, from.address)
}
