/**
 * `pair-client ADDRESS NAME SECONDS`: asks for A, AAAA and A of a name, one after the other, from many ports. The last
 * number of each address tells the state that it comes from; those of one port come from one thread, so they never go back.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { encodeQuery, octetsOf } from '../dns/codec.ts'

const [host = '', name = '', seconds = ''] = process.argv.slice(2)
const until = performance.now() + Number(seconds) * 1000
const states = new Set<number>()
const wrong: string[] = []
let asked = 0

async function stateOf(socket: Socket, type: 'A' | 'AAAA'): Promise<number> {
  const answer = octetsOf(socket, 'message')
  socket.send(encodeQuery(name, type))
  asked++
  return (await answer).at(-1) ?? 0
}

async function client(): Promise<void> {
  const socket = createSocket('udp4')
  socket.connect(53, host)
  await once(socket, 'connect')
  let last = 0
  while (performance.now() < until) {
    for (const type of ['A', 'AAAA'] as const) {
      const state = await stateOf(socket, type)
      if (state < last) wrong.push(`${type} ${state} after ${last}`)
      last = state
      states.add(state)
    }
  }
  socket.close()
}

await Promise.all(Array.from({ length: 9 }, client))
console.log(JSON.stringify({ asked, seen: states.size, wrong: wrong.slice(0, 10) }))
