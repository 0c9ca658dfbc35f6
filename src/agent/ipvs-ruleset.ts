import type { ServiceFragment } from '../backends/iptables/fragment.ts'
import type { Desired } from '../backends/iptables/full-sync.ts'
import type { CompileOptions } from '../backends/ipvs/compile-options.ts'
import { compileService, type IpvsFragment } from '../backends/ipvs/fragment.ts'
import type { SetName } from '../backends/ipvs/ip-set.ts'
import { dueRules, renderRules, withMasquerade } from '../backends/ipvs/rules.ts'
import { joinFragments, type IpvsState } from '../backends/ipvs/state.ts'
import { slicesOf } from '../model/cluster-state.ts'
import type { IpvsScheduler } from '../model/ipvs-scheduler.ts'
import type { Node } from '../model/node.ts'
import { optional } from '../model/optional.ts'
import type { Address } from '../net/address.ts'
import { localDetector } from '../plan/local-detector.ts'
import { isLinkLocal, isLoopback, listNodePortAddresses } from '../plan/node-port-addresses.ts'
import { planService } from '../plan/port-plan.ts'
import { udpFrontends } from '../plan/udp-frontends.ts'
import { joinBaseRules, type BaseRules } from '../xtables/base-rules.ts'
import type { Rule } from '../xtables/rule.ts'
import { readBase } from './base-file.ts'
import type { ClusterStore } from './cluster-store.ts'
import type { RulesetOptions } from './iptables-ruleset.ts'
import { NoLocalEndpointCounts, type NoLocalEndpoints } from './no-local-endpoints.ts'
import { thisNode } from './this-node.ts'
import { UdpFrontendTable } from './udp-frontend-table.ts'

/** What virtual servers, sets and rules of one family depend on besides the cluster. */
export interface IpvsOptions extends Omit<RulesetOptions, 'kernel' | 'localhostNodePorts'> {
  /** Of every service that has none of its own. */
  readonly scheduler: IpvsScheduler
}

/** What a cluster state asks of IPVS in one family, kept service by service: a change costs the services it touches. */
export class IpvsRuleset {
  readonly udpFrontends = new UdpFrontendTable()
  readonly #base: BaseRules
  readonly #state: ClusterStore
  readonly #options: IpvsOptions
  readonly #fragments = new Map<string, IpvsFragment>()
  readonly #noLocalEndpoints = new NoLocalEndpointCounts()
  #localAddresses: readonly Address[] | undefined

  constructor(state: ClusterStore, options: IpvsOptions) {
    this.#base = readIpvsBase(options)
    this.#state = state
    this.#options = options
    this.touch(state.services.keys())
  }

  /** What stands in the kernel besides the services, with the jumps. */
  get base(): BaseRules {
    const { family, masqueradeAll, localDetection } = this.#options
    return withMasquerade(this.#base, {
      masqueradeAll,
      ...optional('localDetector', localDetector(localDetection, this.#node, family)),
    })
  }

  /** Fragments by service; a service without anything in this family has none. */
  get fragments(): ReadonlyMap<string, IpvsFragment> {
    return this.#fragments
  }

  /** What the kernel should have besides rules. */
  get wanted(): IpvsState {
    return joinFragments(this.#sorted())
  }

  /** The rules, as kube-proxy would send them. */
  renderRules(): string {
    return renderRules(this.base, this.#sorted(), this.wanted, this.#options.family)
  }

  /** The rules that the kernel should hold while these sets have members and services these rules of their own. */
  desiredRules(filled: ReadonlySet<SetName>, rules: ReadonlyMap<string, readonly Rule[]>): Desired {
    const fragments = [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, filter]) => fragmentOf(filter))
    return { base: dueRules(this.base, filled, this.#options.family), fragments }
  }

  /** The addresses that node ports are open on. */
  get openAddresses(): readonly Address[] {
    return this.#addresses.nodePortAddresses
  }

  get noLocalEndpoints(): NoLocalEndpoints {
    return this.#noLocalEndpoints.total
  }

  /**
   * What the interfaces of this node have, without ours; absent, where rules are only rendered: those of its Node object.
   * Returns the services that this touches: all, if there are others than before.
   */
  setLocalAddresses(addresses: readonly Address[]): ReadonlySet<string> {
    if (addresses.join() === this.#localAddresses?.join()) return new Set()
    this.#localAddresses = addresses
    return this.touch([...this.#state.services.keys(), ...this.#fragments.keys()])
  }

  /** Plans these services anew. */
  touch(services: Iterable<string>): ReadonlySet<string> {
    const touched = new Set(services)
    const addresses = this.#addresses
    for (const key of touched) this.#compile(key, addresses)
    return touched
  }

  #compile(key: string, addresses: Omit<CompileOptions, 'scheduler'>): void {
    const { family } = this.#options
    const service = this.#state.services.get(key)
    const plans = planService(service, slicesOf(this.#state, key), family, this.#node, this.#state.claims.lostBy(key))
    this.udpFrontends.replace(key, udpFrontends(plans))
    this.#noLocalEndpoints.replace(key, plans)
    if (plans.length === 0) this.#fragments.delete(key)
    else {
      const scheduler = service?.ipvsScheduler ?? this.#options.scheduler
      this.#fragments.set(key, compileService(plans, { scheduler, ...addresses }))
    }
  }

  get #addresses(): Omit<CompileOptions, 'scheduler'> {
    const { family, nodePortNetworks } = this.#options
    const addresses = (this.#localAddresses ?? this.#node.addresses).filter((address) => !isLinkLocal(address))
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

/** What stands in the kernel whatever the cluster is, read from `rulesets/base`. */
export function readIpvsBase({ family, masqueradeBit }: Pick<IpvsOptions, 'family' | 'masqueradeBit'>): BaseRules {
  return joinBaseRules([readBase(`ipvs-${family.toLowerCase()}.rules`, masqueradeBit), readBase('ipvs-jumps.rules')])
}

/** As the rules of one service in iptables mode: all that it has are rules in chains that services share. */
function fragmentOf(filter: readonly Rule[]): ServiceFragment {
  return { ports: [{ filter, dispatch: [], chains: [], own: [] }] }
}
