import { protocolWord } from '../../net/protocol.ts'
import type { PortPlan } from '../../plan/port-plan.ts'
import type { PortChains } from './chain-name.ts'
import type { CompileOptions } from './compile-options.ts'
import { matchCounter } from './counter.ts'
import type { Routes } from './own-rules.ts'
import type { Rule } from '../../xtables/rule.ts'

/** The nat rules that lead from the chains all services share into the chains of this port. */
export function dispatchRules(
  plan: PortPlan,
  names: PortChains,
  uses: Routes,
  options: CompileOptions,
): readonly Rule[] {
  const rules: Rule[] = []
  const toAddress = (what: string, address: string, target: string) =>
    rules.push({
      chain: 'KUBE-SERVICES',
      spec: `-m comment --comment "${plan.name} ${what}" ${matchAddress(plan, address)} -j ${target}`,
    })
  if (plan.clusterIp !== undefined && uses.internalChain !== undefined) {
    toAddress('cluster IP', plan.clusterIp, uses.internalChain)
  }
  if (!uses.external) return rules
  for (const address of plan.externalIps) toAddress('external IP', address, names.external)
  for (const address of plan.loadBalancerIps) {
    toAddress('loadbalancer IP', address, uses.firewall ? names.firewall : names.external)
  }
  if (plan.nodePort !== undefined) {
    const toNodePort = (match: string) =>
      rules.push({ chain: 'KUBE-NODEPORTS', spec: `-m comment --comment ${plan.name} ${match} -j ${names.external}` })
    // Leads where the rule behind it leads: it is there to count.
    if (options.countLocalhost) {
      toNodePort(`${matchAddress(plan, '127.0.0.0/8', plan.nodePort)} ${matchCounter('localhost_nps_accepted_pkts')}`)
    }
    toNodePort(matchPort(plan, plan.nodePort))
  }
  return rules
}

/** The filter rules: what has no endpoint is refused, what has only remote ones under policy Local is dropped. */
export function refusalRules(plan: PortPlan, names: PortChains, uses: Routes): readonly Rule[] {
  const anywhere = plan.choice.usableAnywhere
  const comment = `-m comment --comment "${plan.name} has no ${anywhere ? 'local ' : ''}endpoints"`
  const verdict = anywhere ? 'DROP' : 'REJECT'
  const rules: Rule[] = []
  const refuse = (chain: string, match: string) => rules.push({ chain, spec: `${comment} ${match} -j ${verdict}` })
  if (plan.clusterIp !== undefined && uses.internalChain === undefined) {
    refuse('KUBE-SERVICES', matchAddress(plan, plan.clusterIp))
  }
  if (!uses.servesExternal) {
    for (const address of plan.externalIps) refuse('KUBE-EXTERNAL-SERVICES', matchAddress(plan, address))
  }
  for (const address of plan.loadBalancerIps) {
    if (uses.firewall) {
      rules.push({
        chain: 'KUBE-PROXY-FIREWALL',
        spec: `-m comment --comment "${plan.name} traffic not accepted by ${names.firewall}" ${matchAddress(plan, address)} -j DROP`,
      })
    }
  }
  if (!uses.servesExternal) {
    for (const address of plan.loadBalancerIps) refuse('KUBE-EXTERNAL-SERVICES', matchAddress(plan, address))
    if (plan.nodePort !== undefined) {
      refuse('KUBE-EXTERNAL-SERVICES', `-m addrtype --dst-type LOCAL ${matchPort(plan, plan.nodePort)}`)
    }
  }
  if (plan.healthCheckNodePort !== undefined) {
    rules.push({
      chain: 'KUBE-NODEPORTS',
      spec: `-m comment --comment "${plan.name} health check node port" -m tcp -p tcp --dport ${plan.healthCheckNodePort} -j ACCEPT`,
    })
  }
  return rules
}

function matchAddress(plan: PortPlan, address: string, port = plan.port): string {
  const proto = protocolWord(plan.protocol)
  return `-m ${proto} -p ${proto} -d ${address} --dport ${port}`
}

function matchPort(plan: PortPlan, port: number): string {
  const proto = protocolWord(plan.protocol)
  return `-m ${proto} -p ${proto} --dport ${port}`
}
