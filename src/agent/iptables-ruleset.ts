import type { Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import type { BaseRules } from '../xtables/base-rules.ts'
import { countRules, renderDocument } from '../backends/iptables/document.ts'
import { compileService, type ServiceFragment } from '../backends/iptables/fragment.ts'
import type { Table } from '../xtables/rule.ts'
import type { Desired } from '../backends/iptables/full-sync.ts'
import type { KernelFacts } from '../backends/iptables/kernel-fit.ts'
import { withNodePortAddresses } from '../backends/iptables/node-port-jumps.ts'
import { slicesOf } from '../model/cluster-state.ts'
import type { Node } from '../model/node.ts'
import { optional } from '../model/optional.ts'
import { localDetector, type LocalDetection } from '../plan/local-detector.ts'
import { opensLocalhost } from '../plan/localhost-node-ports.ts'
import { listNodePortAddresses, nodePortAddresses, type NodePortNetworks } from '../plan/node-port-addresses.ts'
import { planService, type PortPlan } from '../plan/port-plan.ts'
import { udpFrontends } from '../plan/udp-frontends.ts'
import type { ClusterStore } from './cluster-store.ts'
import { readIptablesBase } from './iptables-base.ts'
import { NoLocalEndpointCounts, type NoLocalEndpoints } from './no-local-endpoints.ts'
import { thisNode } from './this-node.ts'
import { UdpFrontendTable } from './udp-frontend-table.ts'

/** What the rules of one family depend on besides the cluster. */
export interface RulesetOptions {
  readonly family: Family
  readonly nodeName: string
  /** What counts as the node's address in its family, before those of the Node object; absent: those count. */
  readonly nodeAddress?: Address
  readonly masqueradeAll: boolean
  /** The bit of the mark that asks for masquerading; absent: kube-proxy's 14. */
  readonly masqueradeBit?: number
  readonly localDetection: LocalDetection
  /** Where node ports are open; empty: on every address. */
  readonly nodePortNetworks: NodePortNetworks
  /** Whether they are open on 127.0.0.1 too, if these networks hold it and the family is IPv4; absent: no. */
  readonly localhostNodePorts?: boolean
  /** The kernel that the rules are for; absent: none in particular. */
  readonly kernel?: KernelFacts
}

/** What there is to count in a ruleset: each costs a look at all services, when it is asked for. */
export interface RulesetFigures {
  readonly rules: Readonly<Record<Table, number>>
  readonly noLocalEndpoints: NoLocalEndpoints
}

/** Strictly more endpoints than this are a large cluster, as for kube-proxy. */
const largeClusterEndpoints = 1000

/**
 * The iptables rules of one family that a cluster state asks for, kept service by service: a change costs the services
 * it touches.
 */
export class IptablesRuleset implements RulesetFigures {
  readonly udpFrontends = new UdpFrontendTable()
  /** Addresses of this node's interfaces; absent, where rules are only rendered: those of its Node object, and 127.0.0.1. */
  localAddresses: readonly Address[] | undefined
  readonly #base: BaseRules
  readonly #state: ClusterStore
  readonly #options: RulesetOptions
  readonly #localhost: boolean
  readonly #fragments = new Map<string, ServiceFragment>()
  readonly #endpointCounts = new Map<string, number>()
  readonly #noLocalEndpoints = new NoLocalEndpointCounts()
  #endpointTotal = 0
  #largeCluster = false

  constructor(state: ClusterStore, options: RulesetOptions) {
    this.#localhost = opensLocalhost(options.localhostNodePorts ?? false, options.nodePortNetworks, options.family)
    this.#base = readIptablesBase(options.family, { ...options, localhost: this.#localhost })
    this.#state = state
    this.#options = options
    this.touch(state.services.keys())
  }

  /** What stands in the kernel besides the services: it changes with the addresses that node ports are open on. */
  get base(): BaseRules {
    return withNodePortAddresses(this.#base, nodePortAddresses(...this.#nodePorts))
  }

  /** The addresses that node ports are open on. */
  get openAddresses(): readonly Address[] {
    return listNodePortAddresses(...this.#nodePorts)
  }

  /** Fragments by service; a service without rules has none. */
  get fragments(): ReadonlyMap<string, ServiceFragment> {
    return this.#fragments
  }

  /** Fragments in the order of the full document. */
  sorted(): readonly ServiceFragment[] {
    return [...this.#fragments].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fragment]) => fragment)
  }

  /** What the kernel should hold. */
  desired(): Desired {
    return { base: this.base, fragments: this.sorted() }
  }

  /** The full document, as kube-proxy would send it. */
  render(): string {
    return renderDocument(this.base, this.sorted())
  }

  get rules(): Readonly<Record<Table, number>> {
    return countRules(this.base, this.#fragments.values())
  }

  get noLocalEndpoints(): NoLocalEndpoints {
    return this.#noLocalEndpoints.total
  }

  /** Plans these services anew. Returns the keys whose rules may differ now: all of them when the cluster became large or small. */
  touch(services: Iterable<string>): ReadonlySet<string> {
    const touched = new Map<string, readonly PortPlan[]>()
    for (const key of services) touched.set(key, this.#plan(key))
    const large = this.#endpointTotal > largeClusterEndpoints
    if (large !== this.#largeCluster) {
      this.#largeCluster = large
      for (const key of this.#fragments.keys()) if (!touched.has(key)) touched.set(key, this.#plan(key))
    }
    for (const [key, plans] of touched) this.#compile(key, plans)
    return new Set(touched.keys())
  }

  #plan(key: string): readonly PortPlan[] {
    const { family, nodeName } = this.#options
    const service = this.#state.services.get(key)
    const lost = this.#state.claims.lostBy(key)
    const plans = planService(service, slicesOf(this.#state, key), family, this.#node(nodeName), lost)
    const count = plans.reduce((sum, plan) => sum + plan.endpointCount, 0)
    this.#endpointTotal += count - (this.#endpointCounts.get(key) ?? 0)
    this.#endpointCounts.set(key, count)
    this.#noLocalEndpoints.replace(key, plans)
    return plans
  }

  #compile(key: string, plans: readonly PortPlan[]): void {
    this.udpFrontends.replace(key, udpFrontends(plans))
    if (plans.length === 0) {
      this.#endpointCounts.delete(key)
      this.#fragments.delete(key)
      return
    }
    const { family, nodeName, masqueradeAll, localDetection, kernel } = this.#options
    const detector = localDetector(localDetection, this.#node(nodeName), family)
    this.#fragments.set(
      key,
      compileService(plans, {
        masqueradeAll,
        largeCluster: this.#largeCluster,
        countLocalhost: this.#localhost && (kernel?.counters.includes('localhost_nps_accepted_pkts') ?? false),
        ...optional('localDetector', detector),
      }),
    )
  }

  get #nodePorts(): Parameters<typeof nodePortAddresses> {
    const { family, nodeName, nodePortNetworks } = this.#options
    const node = this.#node(nodeName)
    const local = this.localAddresses ?? ['127.0.0.1', ...node.addresses]
    return [nodePortNetworks, family, node, local, this.#localhost]
  }

  #node(name: string): Node {
    return thisNode(this.#state, name, this.#options.nodeAddress)
  }
}
