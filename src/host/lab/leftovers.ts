import { randomBytes } from 'node:crypto'
import type { Machine } from './machine.ts'
import { listNamespaces, removeNamespaces } from './namespaces.ts'
import { isRunning } from './running.ts'

/** A name for one lab that says which process owns it, e.g. `pointsman-demo-4711-9f3a`. */
export function labName(prefix: string): string {
  return `${prefix}-${process.pid}-${randomBytes(2).toString('hex')}`
}

/** Removes the labs of `prefix` whose owner died before it could: one that was killed, or lost its power. */
export async function removeLeftovers(machine: Machine, prefix: string): Promise<void> {
  const names = await listNamespaces(machine, `${prefix}-`)
  await removeNamespaces(
    machine,
    names.filter((name) => isOrphan(name.slice(prefix.length + 1))),
  )
}

/** `rest` is what follows the prefix, e.g. `4711-9f3a-node`; any other shape belongs to somebody else. */
function isOrphan(rest: string): boolean {
  const pid = /^(\d+)-[0-9a-f]{4}-(?:node|client|backend\d+)$/.exec(rest)?.[1]
  return pid !== undefined && !isRunning(Number(pid))
}
