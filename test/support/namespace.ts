import { randomBytes } from 'node:crypto'
import { runCommand, runLines, type RunCommand, type RunLines } from '../../src/host/command.ts'

/** An empty network namespace of the test's own, and how to run a tool in it. */
export interface Namespace extends AsyncDisposable {
  readonly name: string
  readonly run: RunCommand
  readonly runLines: RunLines
}

/** Needs root and the packages iproute2 and iptables; fails with the tool's own sentence where they are missing. */
export async function createNamespace(): Promise<Namespace> {
  const name = `pointsman-test-${randomBytes(4).toString('hex')}`
  const inside = (command: string, args: readonly string[]) => ['netns', 'exec', name, command, ...args]
  await runCommand('ip', ['netns', 'add', name])
  return {
    name,
    run: (command, args, input) => runCommand('ip', inside(command, args), input),
    runLines: (command, args, onLine) => runLines('ip', inside(command, args), onLine),
    [Symbol.asyncDispose]: async () => {
      await runCommand('ip', ['netns', 'delete', name])
    },
  }
}
