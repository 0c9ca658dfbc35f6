/** A DNS worker whose answers are an rcode, and whose questions make it do what a worker should not. */
import { setTimeout as delay } from 'node:timers/promises'
import { runDnsWorker } from '../../src/agent/dns-worker-thread.ts'

export interface TrialSetup {
  readonly rcode: number
  /** How long it takes until the answers are there. */
  readonly afterMs?: number
}

export interface TrialFigures {
  readonly queries: number
}

runDnsWorker<TrialSetup, TrialSetup>(async (setup, log) => {
  if (setup.rcode > 15) throw new RangeError(`Cannot answer with rcode ${setup.rcode}: expected 0 to 15`)
  let { rcode } = setup
  if (setup.afterMs !== undefined) await delay(setup.afterMs)
  const figures = { queries: 0 }
  return {
    answer: (query) => {
      figures.queries++
      const [, word = ''] = /(crash|exit|busy|slow|line)/.exec(Buffer.from(query).toString('latin1')) ?? []
      const answer = Uint8Array.from(query)
      answer[2] = (answer[2] ?? 0) | 0x80
      answer[3] = rcode
      switch (word) {
        case 'crash':
          setTimeout(() => {
            throw new Error('a defect')
          })
          return undefined
        case 'exit':
          return process.exit(3)
        case 'busy':
          log('info', 'busy from now on')
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
          return answer
        case 'slow':
          return new Promise((resolve) => {
            setTimeout(() => resolve(answer), 500)
          })
        case 'line':
          for (let i = 0; i < 3000; i++) log('info', `line ${i}`)
          return answer
        default:
          return answer
      }
    },
    change: (next) => {
      rcode = next.rcode
    },
    figures: () => figures,
    close: () => log('info', `rcode ${rcode} is no longer the answer`),
  }
})
