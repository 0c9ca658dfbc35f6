import { compileService, type IpvsFragment } from '../backends/ipvs/fragment.ts'
import { renderRules, withMasquerade } from '../backends/ipvs/rules.ts'
import { joinFragments, type IpvsState } from '../backends/ipvs/state.ts'
import { slicesOf } from '../model/cluster-state.ts'
import type { IpvsScheduler } from '../model/ipvs-scheduler.ts'
import type { Node } from '../model/node.ts'
import { optional } from '../model/optional.ts'
import type { Address } from '../net/address.ts'
import { localDetector } from '../plan/local-detector.ts'
import { isLoopback, listNodePortAddresses } from '../plan/node-port-addresses.ts'
import { planService } from '../plan/port-plan.ts'
import { joinBaseRules, type BaseRules } from '../xtables/base-rules.ts'
import { readBase } from './base-file.ts'
import type { ClusterStore } from './cluster-store.ts'
import type { RulesetOptions } from './iptables-ruleset.ts'
import { thisNode } from './this-node.ts'

/** What virtual servers, sets and rules of one family depend on besides the cluster. */
export interface IpvsOptions extends Omit<RulesetOptions, 'kernel' | 'localhostNodePorts'> {
  /** Of every service that has none of its own. */
  readonly scheduler: IpvsScheduler
}

/** What a cluster state asks of IPVS in one family, kept service by service: a change costs the services it touches. */
export class IpvsRuleset {
  readonly #state: ClusterStore
  readonly #options: IpvsOptions
  readonly #fragments = new Map<string, IpvsFragment>()

  constructor(state: ClusterStore, options: IpvsOptions) {
    this.#state = state
    this.#options = options
    this.touch(state.services.keys())
  }

  /** What stands in the kernel besides the services, with the jumps. */
  get base(): BaseRules {
    const { family, masqueradeAll, masqueradeBit, localDetection } = this.#options
    const base = joinBaseRules([
      readBase(`ipvs-${family.toLowerCase()}.rules`, masqueradeBit),
      readBase('ipvs-jumps.rules'),
    ])
    return withMasquerade(base, {
      masqueradeAll,
      ...optional('localDetector', localDetector(localDetection, this.#node, family)),
    })
  }

  /** What the kernel should have besides rules. */
  get wanted(): IpvsState {
    return joinFragments(this.#sorted())
  }

  /** The rules, as kube-proxy would send them. */
  renderRules(): string {
    return renderRules(this.base, this.#sorted(), this.wanted, this.#options.family)
  }

  /** Plans these services anew. */
  touch(services: Iterable<string>): void {
    const addresses = this.#addresses
    for (const key of services) this.#compile(key, addresses)
  }

  #compile(
    key: string,
    addresses: { nodePortAddresses: readonly Address[]; nodeAddresses: ReadonlySet<Address> },
  ): void {
    const { family } = this.#options
    const service = this.#state.services.get(key)
    const plans = planService(service, slicesOf(this.#state, key), family, this.#node, this.#state.claims.lostBy(key))
    if (plans.length === 0) this.#fragments.delete(key)
    else {
      const scheduler = service?.ipvsScheduler ?? this.#options.scheduler
      this.#fragments.set(key, compileService(plans, { scheduler, ...addresses }))
    }
  }

  /** Those of the Node object. */
  get #addresses() {
    const { family, nodePortNetworks } = this.#options
    const { addresses } = this.#node
    return {
      nodePortAddresses: listNodePortAddresses(nodePortNetworks, family, this.#node, addresses),
      nodeAddresses: new Set(addresses.filter((address) => !isLoopback(address))),
    }
  }

  get #node(): Node {
    return thisNode(this.#state, this.#options.nodeName, this.#options.nodeAddress)
  }

  #sorted(): readonly IpvsFragment[] {
    return [...this.#fragments].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fragment]) => fragment)
  }
}
