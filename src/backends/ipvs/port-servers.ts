import type { Address } from '../../net/address.ts'
import type { PlannedEndpoint } from '../../plan/endpoint.ts'
import type { PortPlan } from '../../plan/port-plan.ts'
import { optional } from '../../model/optional.ts'
import type { CompileOptions } from './compile-options.ts'
import type { VirtualServer } from './virtual-server.ts'

/** The virtual servers of a service port on addresses of its own: one for each, whichever kind it is of first. */
export function addressServers(plan: PortPlan, options: CompileOptions): readonly VirtualServer[] {
  const { clusterIp } = plan
  const outer = new Set([...plan.externalIps, ...plan.loadBalancerIps])
  return [
    ...(clusterIp === undefined ? [] : [virtualServer(plan, clusterIp, plan.port, internalEndpoints(plan), options)]),
    ...[...outer]
      .filter((address) => address !== clusterIp)
      .map((address) => virtualServer(plan, address, plan.port, externalEndpoints(plan), options)),
  ]
}

/** Those of its node port, one for each address of the node where node ports are open. */
export function nodePortServers(plan: PortPlan, options: CompileOptions): readonly VirtualServer[] {
  const { nodePort } = plan
  if (nodePort === undefined) return []
  return options.nodePortAddresses.map((address) =>
    virtualServer(plan, address, nodePort, externalEndpoints(plan), options),
  )
}

function virtualServer(
  { protocol, affinitySeconds }: PortPlan,
  address: Address,
  port: number,
  endpoints: readonly PlannedEndpoint[],
  { scheduler }: CompileOptions,
): VirtualServer {
  return {
    protocol,
    address,
    port,
    scheduler,
    // Without it all connections of a client go to one endpoint.
    flags: scheduler === 'mh' ? 'mh-port' : '',
    ...optional('persistence', affinitySeconds),
    realServers: endpoints.map(({ target }) => ({ target, weight: 1 })),
  }
}

function internalEndpoints({ choice, internalPolicyLocal }: PortPlan): readonly PlannedEndpoint[] {
  return internalPolicyLocal ? localElseCluster(choice) : choice.cluster
}

function externalEndpoints({ choice, externalPolicyLocal }: PortPlan): readonly PlannedEndpoint[] {
  return externalPolicyLocal ? localElseCluster(choice) : choice.cluster
}

/**
 * One virtual server serves clients inside and outside, so policy Local without a local endpoint leads elsewhere, for
 * the sake of those inside. Source: kube-proxy's IPVS mode.
 */
function localElseCluster({ local, cluster }: PortPlan['choice']): readonly PlannedEndpoint[] {
  return local.length > 0 ? local : cluster
}
