import { families, type Family } from '../net/family.ts'

/** A moment as both clocks have it. */
export interface Moment {
  /** Milliseconds of a clock that never jumps, `performance.now()`: what lasts is measured by it. */
  readonly steadyMs: number
  /** Milliseconds since 1970: what people read. */
  readonly wallMs: number
}

/** What kube-proxy says of the rules of one family. */
interface FamilyHealth {
  /** When its rules were last known to be what they should be, in milliseconds since 1970. */
  readonly lastUpdatedMs: number
  readonly healthy: boolean
}

/** What kube-proxy says of its rules: those of each family that has begun, IPv4 first. */
export type RulesHealth = ReadonlyMap<Family, FamilyHealth>

/**
 * Whether the rules of each family follow the cluster. One whose update was asked for, and has not succeeded within the
 * timeout, is unhealthy until it does. Source: kube-proxy's health check server.
 */
export class ProxyHealth {
  readonly #timeoutMs: number
  readonly #updated = new Map<Family, Moment>()
  /** The first request since the last success. */
  readonly #queued = new Map<Family, Moment>()

  /** @param timeoutMs With kube-proxy twice the sync period. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** An update of a family's rules was asked for. */
  queued(family: Family, now: Moment): void {
    if (!this.#queued.has(family)) this.#queued.set(family, now)
  }

  /** It succeeded. A family counts from its first call, which kube-proxy makes before there is any rule. */
  updated(family: Family, now: Moment): void {
    this.#queued.delete(family)
    this.#updated.set(family, now)
  }

  health(now: Moment): RulesHealth {
    return new Map(
      families.flatMap((family) => {
        const updated = this.#updated.get(family)
        if (updated === undefined) return []
        const waitedMs = now.steadyMs - (this.#queued.get(family)?.steadyMs ?? now.steadyMs)
        return [[family, { lastUpdatedMs: updated.wallMs, healthy: waitedMs < this.#timeoutMs }] as const]
      }),
    )
  }
}

/** Whether every family is; also while none has begun. */
export function isHealthy(rules: RulesHealth): boolean {
  return [...rules.values()].every(({ healthy }) => healthy)
}

/** Something besides kube-proxy's notion that keeps /healthz from being truthful with 200. */
export interface HealthCondition {
  /** For the log and for tests: `watch`. */
  readonly name: string
  /** A sentence; undefined while all is well. */
  problem(): string | undefined
}
