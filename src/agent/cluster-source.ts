import type { Corefile } from '../config/corefile/corefile.ts'
import type { ModelObject } from '../model/object.ts'

/** What changed between two readings. */
export interface ClusterChanges {
  readonly put: readonly ModelObject[]
  readonly removed: readonly ModelObject[]
  /** Sentences about what could not be read, that the reading before did not have; such objects stay as they were. */
  readonly errors: readonly string[]
  /** When the first of the changes was seen, as `performance.now()`; absent when nothing says so. */
  readonly changedAt?: number
}

/** Where the agent has the cluster's state from: files, or an API server. */
export interface ClusterSource {
  /** Whether it may have no Node at all and yet be complete, as files may. */
  readonly nodesMayLack: boolean
  /** What changed since the last reading; the first has everything, waits until that is complete, and throws where it never can be. */
  read(): Promise<ClusterChanges>
  /** From now on calls back when there may be something to read. */
  follow(onChange: () => void): void
  /** Reads from now on what this Corefile needs besides; resolves when that is there, or is not in time. Absent: all is read anyway. */
  need?(corefile: Corefile): Promise<void>
  /** Whether everything is there that names are answered by; rules need less. Absent: whenever there is anything. */
  readonly namesKnown?: boolean
  /** A sentence while the state may be old; undefined while it is not. Absent: it never is. */
  problem?(): string | undefined
  /** Resolves when a reading that is under way has ended too. */
  close(): Promise<void>
}
