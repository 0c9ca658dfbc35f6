import { protocolWord } from '../../net/protocol.ts'
import type { PlannedEndpoint } from '../../plan/endpoint.ts'
import type { PortPlan } from '../../plan/port-plan.ts'
import { endpointChain, type PortChains } from './chain-name.ts'
import type { CompileOptions } from './compile-options.ts'
import { probability } from './probability.ts'
import { matchLocal } from '../../xtables/match-local.ts'
import type { Rule } from '../../xtables/rule.ts'

/** Which chains a service port needs, and where its traffic enters them. */
export interface Routes {
  readonly cluster: boolean
  readonly local: boolean
  readonly external: boolean
  readonly firewall: boolean
  /** Chain for traffic to the cluster IP; absent when none of its endpoints may be used. */
  readonly internalChain?: string
  /** Traffic from outside finds an endpoint. */
  readonly servesExternal: boolean
}

export function routes(plan: PortPlan, names: PortChains): Routes {
  const { cluster, local, usableAnywhere } = plan.choice
  const servesInternal = usableAnywhere && !(plan.internalPolicyLocal && local.length === 0)
  return {
    cluster: cluster.length > 0,
    local: local.length > 0,
    external: usableAnywhere && plan.external,
    firewall: usableAnywhere && plan.loadBalancerIps.length > 0 && plan.sourceRanges.length > 0,
    ...(servesInternal ? { internalChain: plan.internalPolicyLocal ? names.local : names.cluster } : {}),
    servesExternal: usableAnywhere && !(plan.externalPolicyLocal && local.length === 0),
  }
}

/** The chains of one service port and their rules, both in the order kube-proxy writes them. */
export function ownRules(
  plan: PortPlan,
  names: PortChains,
  uses: Routes,
  options: CompileOptions,
): { chains: readonly string[]; rules: readonly Rule[] } {
  const endpointChains = new Map(
    plan.choice.reachable.map((endpoint) => [endpoint.target, endpointChain(plan, endpoint.target)]),
  )
  const chains = [
    ...(uses.external ? [names.external] : []),
    ...(uses.firewall ? [names.firewall] : []),
    ...(uses.cluster ? [names.cluster] : []),
    ...(uses.local ? [names.local] : []),
    ...endpointChains.values(),
  ]
  const rules = [
    ...masqueradeRules(plan, uses, options),
    ...(uses.external ? externalRules(plan, names, uses, options) : []),
    ...(uses.firewall ? firewallRules(plan, names) : []),
    ...(uses.cluster ? spreadRules(plan, names.cluster, plan.choice.cluster, endpointChains, options) : []),
    ...(uses.local ? spreadRules(plan, names.local, plan.choice.local, endpointChains, options) : []),
    ...plan.choice.reachable.flatMap((endpoint) =>
      endpointRules(plan, endpointChains.get(endpoint.target) ?? '', endpoint, options),
    ),
  ]
  return { chains, rules }
}

function masqueradeRules(plan: PortPlan, { internalChain: chain }: Routes, options: CompileOptions): readonly Rule[] {
  if (chain === undefined || plan.clusterIp === undefined) return []
  const proto = protocolWord(plan.protocol)
  const notFromPod = options.localDetector && ` ! ${matchLocal(options.localDetector)}`
  const source = options.masqueradeAll ? '' : notFromPod
  if (source === undefined) return []
  const spec =
    `-m comment --comment "${plan.name} cluster IP" -m ${proto} -p ${proto} -d ${plan.clusterIp} --dport ${plan.port}` +
    `${source} -j KUBE-MARK-MASQ`
  return [{ chain, spec }]
}

function externalRules(plan: PortPlan, names: PortChains, uses: Routes, options: CompileOptions): readonly Rule[] {
  const chain = names.external
  const what = `for ${plan.name} external destinations"`
  if (!plan.externalPolicyLocal) {
    return [
      { chain, spec: `-m comment --comment "masquerade traffic ${what} -j KUBE-MARK-MASQ` },
      { chain, spec: `-j ${names.cluster}` },
    ]
  }
  // Pods and the node itself are spread over the whole cluster even under policy Local: they lose no source address.
  const fromNode = '-m addrtype --src-type LOCAL'
  return [
    ...(options.localDetector === undefined
      ? []
      : [
          {
            chain,
            spec: `-m comment --comment "pod traffic ${what} ${matchLocal(options.localDetector)} -j ${names.cluster}`,
          },
        ]),
    { chain, spec: `-m comment --comment "masquerade LOCAL traffic ${what} ${fromNode} -j KUBE-MARK-MASQ` },
    { chain, spec: `-m comment --comment "route LOCAL traffic ${what} ${fromNode} -j ${names.cluster}` },
    ...(uses.servesExternal ? [{ chain, spec: `-j ${names.local}` }] : []),
  ]
}

function firewallRules(plan: PortPlan, names: PortChains): readonly Rule[] {
  const chain = names.firewall
  const comment = `-m comment --comment "${plan.name} loadbalancer IP"`
  const sources = [
    ...plan.sourceRanges.map((range) => range.text),
    // A node reaches its own load balancer address with that address as the source.
    ...(plan.nodeInSourceRanges ? plan.loadBalancerIps : []),
  ]
  return [
    ...sources.map((source) => ({ chain, spec: `${comment} -s ${source} -j ${names.external}` })),
    { chain, spec: `-m comment --comment "other traffic to ${plan.name} will be dropped by KUBE-PROXY-FIREWALL"` },
  ]
}

function spreadRules(
  plan: PortPlan,
  chain: string,
  endpoints: readonly PlannedEndpoint[],
  endpointChains: ReadonlyMap<string, string>,
  options: CompileOptions,
): readonly Rule[] {
  const rules: Rule[] = []
  const comments = endpoints.map(({ target }) =>
    options.largeCluster ? '' : `-m comment --comment "${plan.name} -> ${target}" `,
  )
  if (plan.affinitySeconds !== undefined) {
    for (const [i, { target }] of endpoints.entries()) {
      const name = endpointChains.get(target) ?? ''
      const recent = `-m recent --name ${name} --rcheck --seconds ${plan.affinitySeconds} --reap`
      rules.push({ chain, spec: `${comments[i]}${recent} -j ${name}` })
    }
  }
  for (const [i, { target }] of endpoints.entries()) {
    const remaining = endpoints.length - i
    const share = remaining > 1 ? `-m statistic --mode random --probability ${probability(remaining)} ` : ''
    rules.push({ chain, spec: `${comments[i]}${share}-j ${endpointChains.get(target) ?? ''}` })
  }
  return rules
}

function endpointRules(
  plan: PortPlan,
  chain: string,
  endpoint: PlannedEndpoint,
  options: CompileOptions,
): readonly Rule[] {
  const proto = protocolWord(plan.protocol)
  const comment = options.largeCluster ? '' : `-m comment --comment ${plan.name} `
  const remember = plan.affinitySeconds === undefined ? '' : `-m recent --name ${chain} --set `
  return [
    // An endpoint that reaches itself through the service must see another source, or its reply never leaves it.
    { chain, spec: `${comment}-s ${endpoint.address} -j KUBE-MARK-MASQ` },
    { chain, spec: `${comment}${remember}-m ${proto} -p ${proto} -j DNAT --to-destination ${endpoint.target}` },
  ]
}
