import type { Address } from '../../net/address.ts'
import type { PortPlan } from '../../plan/port-plan.ts'
import type { Rule } from '../../xtables/rule.ts'
import type { CompileOptions } from './compile-options.ts'
import type { SetMember } from './ip-set.ts'
import { boundAddresses, portMembers } from './port-members.ts'
import { addressServers, nodePortServers } from './port-servers.ts'
import { outFilterRules } from './source-ranges.ts'
import type { VirtualServer } from './virtual-server.ts'

/** What one service has in the kernel, in one family: immutable, and the unit of every update. */
export interface IpvsFragment {
  /** On cluster IPs, external and load balancer addresses. */
  readonly addressServers: readonly VirtualServer[]
  /** On addresses of the node; where another service has the same address and port, that one counts. */
  readonly nodePortServers: readonly VirtualServer[]
  /** What kube-ipvs0 has for it. Another service may have the same, on another port. */
  readonly addresses: readonly Address[]
  /** Other services may have the same: endpoints that two services share. */
  readonly members: readonly SetMember[]
  /** Its rules in the chains of the filter table that services share. */
  readonly filter: readonly Rule[]
}

export function compileService(plans: readonly PortPlan[], options: CompileOptions): IpvsFragment {
  return {
    addressServers: plans.flatMap((plan) => addressServers(plan, options)),
    nodePortServers: plans.flatMap((plan) => nodePortServers(plan, options)),
    addresses: plans.flatMap((plan) => boundAddresses(plan, options)),
    members: plans.flatMap((plan) => portMembers(plan, options)),
    filter: plans.flatMap(outFilterRules),
  }
}
