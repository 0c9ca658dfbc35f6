import type { ReportGroup } from '../diff/report.ts'
import type { Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import type { ClusterStore } from './cluster-store.ts'
import type { ProgrammerFigures } from './sync-report.ts'

/** How one family's rules, which somebody else programs in one mode, are compared with the plan. */
export interface ObservedFamily {
  readonly family: Family
  readonly start: (state: ClusterStore) => FamilyComparison
}

export interface FamilyComparison {
  /** What would be programmed. */
  readonly ruleset: ProgrammerFigures['ruleset']
  /** Plans these services anew; the next look compares them. */
  touch(services: Iterable<string>): void
  /**
   * Reads the kernel, and says where it differs from the plan; throws when it cannot.
   *
   * @param addresses Of the node, without those of services.
   */
  look(addresses: readonly Address[]): Promise<readonly ReportGroup[]>
}
