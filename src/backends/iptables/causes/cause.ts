import type { Family } from '../../../net/family.ts'

/** Why rules differ: values that went and came, one value that became another, values there are now, or a statement. */
export type Cause = ListCause | ValueCause | HasCause | Statement

interface About {
  /** The word for it, in the singular: `endpoint`. */
  readonly kind: string
  /** The port of the service; absent when it holds for all, or the port has no name. */
  readonly port?: string
  /** Where it holds, if the service has rules in both families. Absent where the values tell. */
  readonly families?: readonly Family[]
}

export interface ListCause extends About {
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

interface ValueCause extends About {
  readonly from: string
  readonly to: string
}

interface HasCause extends About {
  readonly has: readonly string[]
}

interface Statement extends About {
  readonly says: string
}

/** Nothing where the lists hold the same. */
export function listCause(kind: string, old: readonly string[], now: readonly string[]): readonly ListCause[] {
  const [before, after] = [new Set(old), new Set(now)]
  const removed = old.filter((value) => !after.has(value))
  const added = now.filter((value) => !before.has(value))
  return removed.length + added.length === 0 ? [] : [{ kind, removed, added }]
}

/** Nothing where the values are the same; both are sorted, and mostly one. */
export function valueCause(kind: string, old: readonly string[], now: readonly string[]): readonly Cause[] {
  const [from, to] = [old.join(' and ') || 'none', now.join(' and ') || 'none']
  return from === to ? [] : [{ kind, from, to }]
}
