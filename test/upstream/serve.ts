import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { frame, FrameReader } from '../../src/host/dns-frame.ts'
import type { Answer, Peer } from '../../src/plugins/server.ts'

/** Answers DNS over UDP and TCP on one port of one address, with no more care than a test needs. */
export async function serveDns(
  host: string,
  port: number,
  answer: (message: Uint8Array, peer: Peer) => Answer | Promise<Answer>,
): Promise<void> {
  const local = { host, port }
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (message, from) => {
    const peer: Peer = { transport: 'udp', address: from.address, port: from.port, local }
    void Promise.resolve(answer(message, peer)).then((reply) => {
      if (reply instanceof Uint8Array) socket.send(reply, from.port, from.address)
    })
  })
  socket.bind(port, host)
  await once(socket, 'listening')
  const server = createServer((connected) => {
    const frames = new FrameReader()
    const peer: Peer = {
      transport: 'tcp',
      address: connected.remoteAddress ?? '',
      port: connected.remotePort ?? 0,
      local,
    }
    connected.on('error', () => connected.destroy())
    connected.on('data', (chunk: Uint8Array) => {
      for (const message of frames.read(chunk)) {
        void Promise.resolve(answer(message, peer)).then((reply) => {
          const messages = reply instanceof Uint8Array ? [reply] : (reply ?? [])
          for (const one of messages) connected.write(frame(one))
        })
      }
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
}
