import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Namespace } from './namespace.ts'

/** A line of the agent's log. */
export type LogLine = Readonly<Record<string, unknown>>

export interface RunningAgent {
  readonly pid: number | undefined
  /** The next line that matches, from those not yet asked for; rejects when the agent ends first. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>
  /** What it has printed on stdout so far. */
  printed(): string
  /** Resolves with the exit code when it has ended by itself. */
  readonly ended: Promise<number | null>
  /** Sends a signal and resolves with how it ended. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts `pointsman run` in a namespace, with these variables besides those of the test. */
export function runAgent(
  namespace: Pick<Namespace, 'name'>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningAgent {
  const command = ['netns', 'exec', namespace.name, process.execPath, resolve('src/main.ts'), 'run', '-v=2', ...args]
  const child = spawn('ip', command, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null)
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]()
  return {
    // ip becomes what it executes.
    pid: child.pid,
    async line(matches) {
      for (;;) {
        const next = await lines.next()
        if (next.done === true) throw new Error('The agent ended before it logged what the test waits for')
        const line: LogLine = JSON.parse(next.value)
        if (matches(line)) return line
      }
    },
    printed: () => printed,
    ended,
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/** Matches the log line of a family that was programmed. */
export function programmed(family: string): (line: LogLine) => boolean {
  return (line) => line['msg'] === 'programmed' && line['family'] === family
}
