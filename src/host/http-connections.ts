import type { Server } from 'node:http'
import type { ConnectionRoom } from './connection-room.ts'

/** Connections of one HTTP server at one time: probes, scrapers and load balancers are few. */
export const usualHttpConnections = 1000

/** Where there is no more room, the connection that has asked nothing for longest gives way to a new one. */
export function keepRoom(server: Server, room: ConnectionRoom): void {
  server.on('connection', (socket) => {
    room.enter(socket)
    socket.once('close', () => room.leave(socket))
  })
  server.on('request', ({ socket }) => room.touch(socket))
}
