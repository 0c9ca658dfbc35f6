import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Whether any process has a UDP socket on this port of this address. */
export async function isTaken(address: { readonly host: string; readonly port: number }): Promise<boolean> {
  const socket = createSocket(address.host.includes(':') ? 'udp6' : 'udp4')
  try {
    const listening = once(socket, 'listening')
    socket.bind(address.port, address.host)
    await listening
    return false
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code === 'EADDRINUSE'
    throw error
  } finally {
    socket.close()
  }
}
