import type { Socket } from 'node:net'
import { PassThrough, type Duplex } from 'node:stream'

/** Lets a client and a server talk; `back` is what the server's bytes pass through. When one side goes, so does the other. */
export function joinSockets(client: Socket, server: Socket, back: Duplex = new PassThrough()): void {
  client.pipe(server)
  server.pipe(back).pipe(client)
  back.on('error', () => undefined)
  for (const socket of [client, server]) {
    // The other side learns of it by its own end.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      client.destroy()
      server.destroy()
      back.destroy()
    })
  }
}
