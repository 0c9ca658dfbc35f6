import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { encodeQuery, octetsOf } from './codec.ts'

/** A connection to a DNS server of this machine. */
export async function connectTo(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host, port })
  // The server may reset what it gives up; tests look at 'close'.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** A query for addresses behind its length. */
export function framed(name: string, id = 1): Buffer {
  const query = encodeQuery(name, 'A', { id })
  return Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query])
}

/** Unlike once(), also fine when an error comes first: the server may reset. */
export function closing(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}

/** The messages of a connection until there are `count`. */
export async function messages(socket: Socket, count: number): Promise<readonly Buffer[]> {
  const found: Buffer[] = []
  let bytes = Buffer.alloc(0)
  while (found.length < count) {
    bytes = Buffer.concat([bytes, await octetsOf(socket, 'data')])
    while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
      const end = 2 + bytes.readUInt16BE(0)
      found.push(bytes.subarray(2, end))
      bytes = bytes.subarray(end)
    }
  }
  return found
}
