import type { Desired } from '../backends/iptables/full-sync.ts'
import type { SavedRules } from '../backends/iptables/saved-rules.ts'
import type { ReportGroup } from '../diff/report.ts'
import type { Table } from '../xtables/rule.ts'
import type { Fragments } from './fragments.ts'
import type { RulesetFigures } from './iptables-ruleset.ts'

/** What one sync did. */
export interface SyncReport {
  readonly kind: 'full' | 'partial'
  /** How many services were looked at. */
  readonly services: number
  /** What was written; 0 when the kernel was right already. */
  readonly bytes: number
  /** Milliseconds of our own work, and of the tools'; a large document is made while its tool takes it. */
  readonly ownMs: number
  readonly toolMs: number
}

/** What reading the kernel back has found. */
export interface CheckReport extends SyncReport {
  /** Chains and jumps that somebody else had changed, and that are right again. */
  readonly repaired: number
  /** Absent when there were none. */
  readonly found?: Found
}

export type Found = FoundRules | ExplainedRules

/** Differences that can be told when somebody asks: to do so takes time. */
interface ExplainedRules {
  readonly explain: () => readonly ReportGroup[]
}

/** The kernel as it was read back, and what it should have held then. */
export interface FoundRules {
  readonly desired: Desired
  /** The services of `desired`, by key. */
  readonly fragments: Fragments
  readonly kernel: SavedRules
}

/** What there is to count of the programming. */
export interface ProgrammerFigures {
  readonly ruleset: RulesetFigures
  /** Rules that the last sync wrote. */
  readonly written: Readonly<Record<Table, number>>
  readonly quarantined: number
  /** Documents that did not reach the kernel since the start, and those of them that were partial. */
  readonly failures: number
  readonly partialFailures: number
}
