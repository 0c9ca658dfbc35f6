/**
 * `tcp-clients PORT COUNT SECONDS`: so many clients, each of which asks 127.0.0.1 one question over a connection of its own,
 * again and again for so long. Then it prints, as JSON, how many were answered and why the others were not.
 */
import { connect } from 'node:net'
import { encodeQuery } from '../dns/codec.ts'

export interface TcpOutcome {
  readonly answered: number
  readonly failures: readonly string[]
}

const [, , port, count, seconds = 1] = process.argv.map(Number)
const query = encodeQuery('cart.shop.svc.cluster.local', 'A')
const framed = Buffer.concat([Buffer.of(query.length >> 8, query.length), query])
let answered = 0
const failures: string[] = []
const end = performance.now() + seconds * 1000

await Promise.all(
  Array.from({ length: count ?? 1 }, async () => {
    while (performance.now() < end) {
      const failure = await ask()
      if (failure === undefined) answered++
      else failures.push(failure)
    }
  }),
)
const outcome: TcpOutcome = { answered, failures }
console.log(JSON.stringify(outcome))

/** Resolves when the connection is closed, with the reason where there was no answer. */
function ask(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: port ?? 0 })
    let failure: string | undefined = 'closed without an answer'
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer in time')))
    socket.on('connect', () => socket.write(framed))
    socket.on('data', () => {
      failure = undefined
      socket.end()
    })
    socket.on('error', (error) => {
      // What comes behind the answer is no matter.
      if (failure !== undefined) failure = error.message
    })
    socket.on('close', () => resolve(failure))
  })
}
