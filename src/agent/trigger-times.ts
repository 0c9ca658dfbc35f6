import { keyOf } from '../model/metadata.ts'
import type { ModelObject } from '../model/object.ts'
import type { Family } from '../net/family.ts'

/** More than this many changes of one service between two syncs are timed by the oldest of them alone. */
const maxTimes = 100

/**
 * When the pods and services changed whose new rules are not in the kernel yet, as the controller of the slices says: from
 * there to the kernel is kube-proxy's network programming latency. Times are milliseconds since 1970.
 */
export class TriggerTimes {
  readonly #since: number
  readonly #times: ReadonlyMap<Family, Map<string, number[]>>

  /**
   * @param families Those that are programmed.
   * @param since Changes before it are older than we are.
   */
  constructor(families: readonly Family[], since: number) {
    this.#since = since
    this.#times = new Map(families.map((family) => [family, new Map()]))
  }

  take(put: readonly ModelObject[]): void {
    for (const object of put) {
      if (object.kind !== 'EndpointSlice' || (object.changeTriggeredAt ?? 0) <= this.#since) continue
      const service = keyOf({ namespace: object.namespace, name: object.serviceName })
      const times = this.#times.get(object.family)?.get(service) ?? []
      if (object.changeTriggeredAt !== undefined && times.length < maxTimes) times.push(object.changeTriggeredAt)
      this.#times.get(object.family)?.set(service, times)
    }
  }

  /**
   * How many milliseconds each change took that is in the kernel now.
   *
   * @param except Services that are not, and are timed when they are.
   */
  programmed(family: Family, except: ReadonlySet<string>, now: number): readonly number[] {
    const waiting = this.#times.get(family) ?? new Map<string, number[]>()
    const done = [...waiting].filter(([service]) => !except.has(service))
    for (const [service] of done) waiting.delete(service)
    return done.flatMap(([, times]) => times.map((time) => Math.max(0, now - time)))
  }
}
