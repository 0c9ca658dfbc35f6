import type { Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import type { ClusterStore } from './cluster-store.ts'
import type { CleanedRules } from './flow-cleaner.ts'
import type { CheckReport, Found, ProgrammerFigures, SyncReport } from './sync-report.ts'

/** How one family's rules reach the kernel in one mode. */
export interface FamilyBackend {
  readonly family: Family
  /** What would be written is printed. */
  readonly dryRun: boolean
  /** @param readPauseMs The least time from one reading back of the kernel to the next. */
  readonly start: (state: ClusterStore, readPauseMs: number) => FamilyProgram
}

export interface FamilyProgram {
  readonly programmer: FamilyProgrammer
  /** What decides which UDP flows are stale. */
  readonly flows: CleanedRules
  /** Absent where what other modes have left does no harm. */
  readonly otherMode?: OtherMode
}

/** Keeps one family's rules in the kernel equal to what the cluster asks for, in one mode. */
export interface FamilyProgrammer {
  /** The services that the kernel refuses, and what the tool said. */
  readonly quarantined: ReadonlyMap<string, Error>
  /** Rules of others that keep chains of ours in the kernel. */
  readonly holdingStale: readonly string[]
  readonly figures: ProgrammerFigures
  /** Whether a sync has ever succeeded. */
  readonly isProgrammed: boolean
  /** What the last check found that somebody else had changed, as long as it is not repaired. */
  readonly drift: Found | undefined
  /** Whether the kernel held the rules that a service should have when it was last known. */
  hasArrived(service: string): boolean
  /** Plans these services anew; the next sync programs them. */
  touch(services: Iterable<string>): void
  /** Says which addresses the node has; the next sync programs what depends on them. */
  setLocalAddresses(addresses: readonly Address[]): void
  /** Programs what is pending. On an error the next sync is a full one. */
  sync(): Promise<SyncReport>
  /** Repairs what others changed; undefined when there was no reason to look. */
  check(): Promise<CheckReport | undefined>
}

/** What an agent in another mode has left in the kernel. */
export interface OtherMode {
  /** To be called when ours stands. Removes what it can without ending connections. */
  remove(): Promise<RemovalReport>
}

export interface RemovalReport {
  /** `rules of iptables mode` */
  readonly removed: readonly string[]
  /** Nothing is left. */
  readonly complete: boolean
}
