import type { ModelObject } from '../model/object.ts'
import type { FamilyFigures } from './proxy-metrics.ts'

/** Whatever looks after the rules of each family, by writing or by watching. */
export interface Programs {
  readonly figures: readonly FamilyFigures[]
  /** A sentence while the kernel is not what this agent has to make it; undefined when it is, or is not this agent's to make. */
  readonly drift: string | undefined
  /**
   * Plans these services anew; the next sync takes them into account.
   *
   * @param put What came or changed, and may say when its cause did.
   */
  touch(services: ReadonlySet<string>, put: readonly ModelObject[]): void
  /**
   * @param changedAt When the cluster changed, as `performance.now()`; absent when nothing says so.
   * @param check Whether to look at the kernel too, if that is due.
   * @param afterRules Called once rules went to the kernel, whether all of them arrived or not.
   */
  sync(changedAt: number | undefined, check: boolean, afterRules?: () => Promise<void>): Promise<void>
}
