import type { PortPlan } from '../plan/port-plan.ts'

/** Service ports with policy Local that have endpoints, but none on this node. */
export interface NoLocalEndpoints {
  readonly internal: number
  readonly external: number
}

/** Their numbers, kept service by service. */
export class NoLocalEndpointCounts {
  /** Only of services that have any. */
  readonly #counts = new Map<string, NoLocalEndpoints>()

  /** @param plans Empty for a service that is gone. */
  replace(service: string, plans: readonly PortPlan[]): void {
    const without = plans.filter(({ choice }) => choice.usableAnywhere && choice.local.length === 0)
    const internal = without.filter((plan) => plan.internalPolicyLocal).length
    const external = without.filter((plan) => plan.externalPolicyLocal && plan.external).length
    if (internal + external > 0) this.#counts.set(service, { internal, external })
    else this.#counts.delete(service)
  }

  get total(): NoLocalEndpoints {
    const all = [...this.#counts.values()]
    return {
      internal: all.reduce((sum, { internal }) => sum + internal, 0),
      external: all.reduce((sum, { external }) => sum + external, 0),
    }
  }
}
