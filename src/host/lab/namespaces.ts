import { ExecaError } from 'execa'
import { CommandError } from '../command.ts'
import type { Machine } from './machine.ts'

/** The names of the network namespaces of a machine that begin with `prefix`, sorted. */
export async function listNamespaces(machine: Machine, prefix: string): Promise<readonly string[]> {
  // "name", or "name (id: 3)" where another namespace has a wire to it.
  const names = (await machine.exec('ip', ['netns', 'list'])).split('\n').map((line) => line.replace(/ .*/, ''))
  return names.filter((name) => name.startsWith(prefix)).sort()
}

/** Gives `lines` to `ip -batch`, inside `namespace` if there is one. */
export async function runIp(machine: Machine, lines: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-netns', namespace]
  try {
    await machine.exec('ip', [...where, '-batch', '-'], { input: lines.join('\n') })
  } catch (error) {
    throw new Error(`Cannot set up network namespaces: ${explain(error)}`, { cause: error })
  }
}

/** Ends every process that runs in the namespaces, then deletes their names and with them the interfaces inside. */
export async function removeNamespaces(machine: Machine, names: readonly string[]): Promise<void> {
  for (const name of names) {
    // A process left inside would keep the namespace alive, without a name that anyone could find it by.
    for (const pid of await processesIn(machine, name)) machine.kill(pid)
  }
  await Promise.all(names.map((name) => unlessGone(machine, name, machine.exec('ip', ['netns', 'delete', name]))))
}

/** Another process that starts may remove the same leftovers: what it was faster with is no failure. */
async function unlessGone<T>(machine: Machine, name: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if ((await listNamespaces(machine, name)).includes(name)) throw error
    return undefined
  }
}

async function processesIn(machine: Machine, name: string): Promise<readonly number[]> {
  const listed = await unlessGone(machine, name, machine.exec('ip', ['netns', 'pids', name]))
  return (listed ?? '').split('\n').filter(Boolean).map(Number)
}

function explain(error: unknown): string {
  const isTool = error instanceof ExecaError || error instanceof CommandError
  const text = isTool && typeof error.stderr === 'string' ? error.stderr : String(error)
  // The lines after the first only count where in the batch it was.
  const [cause = ''] = text.split('\n')
  return /not permitted|denied/i.test(cause)
    ? `${cause} (this needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN; in a container, --privileged)`
    : cause
}
