import { createInterface } from 'node:readline'
import type { Lab } from './lab.ts'

/** What the agent logs after it has programmed one family. */
interface Programmed {
  readonly msg: 'programmed'
  readonly family: string
  readonly kind: 'full' | 'partial'
  readonly services: number
  readonly bytes: number
  readonly ownMs: number
  readonly toolMs: number
}

/** The real agent as a child process in the node's namespace. */
export interface AgentProcess {
  /** Resolves at the next line that says a family was programmed; rejects when the agent dies or 30 seconds pass. */
  programmed(family: string): Promise<Programmed>
  /** Ends it with SIGTERM; the rules stay. */
  stop(): Promise<void>
}

const patienceMs = 30_000

/** `main` is the program's own entry, `dist/main.js` or `src/main.ts`. */
export function startAgent(lab: Lab, main: string, args: readonly string[]): AgentProcess {
  const child = lab.spawn('node', process.execPath, [main, 'run', '-v=2', ...args])
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const waiting = new Set<(line: string | undefined) => void>()
  let last = ''
  child.stdout.resume()
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line
    for (const wake of waiting) wake(line)
  })
  void exited.then(() => {
    for (const wake of waiting) wake(undefined)
  })
  return {
    programmed: (family) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          waiting.delete(wake)
          clearTimeout(timer)
          settle()
        }
        const wake = (line: string | undefined) => {
          const said = line === undefined ? undefined : parseProgrammed(line)
          if (line === undefined) finish(() => reject(new Error(`The agent ended: ${last}`)))
          else if (said?.family === family) finish(() => resolve(said))
        }
        const timer = setTimeout(
          () => finish(() => reject(new Error(`The agent programmed nothing within ${patienceMs / 1000} s: ${last}`))),
          patienceMs,
        )
        waiting.add(wake)
      }),
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function parseProgrammed(line: string): Programmed | undefined {
  if (!line.includes('"programmed"')) return undefined
  const said: Programmed = JSON.parse(line)
  return said
}
