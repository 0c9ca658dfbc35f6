import { readdir } from 'node:fs/promises'
import { execa, ExecaError } from 'execa'

/** The names of the network namespaces of this machine that begin with `prefix`, sorted. */
export async function listNamespaces(prefix: string): Promise<readonly string[]> {
  // iproute2 keeps one file per name; it makes the directory with the first one.
  const names = await readdir('/run/netns').catch(() => [])
  return names.filter((name) => name.startsWith(prefix)).sort()
}

/** Gives `lines` to `ip -batch`, inside `namespace` if there is one. */
export async function runIp(lines: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-netns', namespace]
  try {
    await execa('ip', [...where, '-batch', '-'], { input: lines.join('\n') })
  } catch (error) {
    throw new Error(`Cannot set up network namespaces: ${explain(error)}`, { cause: error })
  }
}

/** Ends every process that runs in the namespaces, then deletes their names and with them the interfaces inside. */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  for (const name of names) {
    // A process left inside would keep the namespace alive, without a name that anyone could find it by.
    for (const pid of await processesIn(name)) kill(pid)
  }
  await Promise.all(names.map((name) => unlessGone(name, execa('ip', ['netns', 'delete', name]))))
}

/** Another process that starts may remove the same leftovers: what it was faster with is no failure. */
async function unlessGone<T>(name: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if ((await listNamespaces(name)).includes(name)) throw error
    return undefined
  }
}

async function processesIn(name: string): Promise<readonly number[]> {
  const listed = await unlessGone(name, execa('ip', ['netns', 'pids', name]))
  return (listed?.stdout ?? '').split('\n').filter(Boolean).map(Number)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself since it was listed.
  }
}

function explain(error: unknown): string {
  const text = error instanceof ExecaError && typeof error.stderr === 'string' ? error.stderr : String(error)
  // The lines after the first only count where in the batch it was.
  const [cause = ''] = text.split('\n')
  return /not permitted|denied/i.test(cause)
    ? `${cause} (this needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN; in a container, --privileged)`
    : cause
}
