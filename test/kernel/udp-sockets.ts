/**
 * Clients that keep their UDP sockets, for the tests of what becomes of their flows: `udp-sockets ADDRESS PORT COUNT`
 * sends a datagram from each of COUNT sockets for every line of standard input, and prints one line of JSON: who
 * answered each, or `refused` or `lost`.
 */
import { createSocket, type Socket } from 'node:dgram'
import { createInterface } from 'node:readline'

const patienceMs = 250
const [address = '', port = '', count = ''] = process.argv.slice(2)

const sockets = await Promise.all(Array.from({ length: Number(count) }, connect))
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await Promise.all(sockets.map(ask))))
}
for (const socket of sockets) socket.close()

async function connect(): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const { promise, resolve } = Promise.withResolvers<Socket>()
  // Only a connected socket hears of the ICMP error that refuses it.
  socket.connect(Number(port), address, () => resolve(socket))
  return promise
}

async function ask(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  socket.removeAllListeners()
  socket.on('message', (message) => {
    const { name }: { name: string } = JSON.parse(message.toString())
    resolve(name)
  })
  socket.on('error', () => resolve('refused'))
  const timer = setTimeout(() => resolve('lost'), patienceMs)
  socket.send('?')
  return promise.finally(() => clearTimeout(timer))
}
