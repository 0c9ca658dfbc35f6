import type { RulesetOptions } from '../../src/agent/iptables-ruleset.ts'
import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import { slicesOf } from '../../src/model/cluster-state.ts'
import type { Node } from '../../src/model/node.ts'
import { optional } from '../../src/model/optional.ts'
import type { Address } from '../../src/net/address.ts'
import { localDetector } from '../../src/plan/local-detector.ts'
import { listNodePortAddresses } from '../../src/plan/node-port-addresses.ts'
import { opensLocalhost } from '../../src/plan/localhost-node-ports.ts'
import { packetPaths } from '../../src/plan/packet-path.ts'
import type { Fate, Packet } from '../../src/plan/packet.ts'
import { planService, type PortPlan } from '../../src/plan/port-plan.ts'

/** The plans of a cluster in one family, in the order of their rules. */
export function plansOf(state: ClusterStore, { family, nodeName }: RulesetOptions): readonly PortPlan[] {
  const keys = [...state.services.keys()].sort()
  const node = nodeOf(state, nodeName)
  return keys.flatMap((key) =>
    planService(state.services.get(key), slicesOf(state, key), family, node, state.claims.lostBy(key)),
  )
}

/** How packets go by the plan of a cluster, in one family. */
export function planWalk(
  state: ClusterStore,
  options: RulesetOptions,
  nodeAddresses: readonly Address[],
): (packet: Packet) => readonly Fate[] {
  const { family, nodeName, masqueradeAll, localDetection, nodePortNetworks } = options
  const localhost = opensLocalhost(options.localhostNodePorts ?? false, nodePortNetworks, family)
  const node = nodeOf(state, nodeName)
  const plans = plansOf(state, options)
  const facts = {
    ...optional('localDetector', localDetector(localDetection, node, family)),
    masqueradeAll,
    nodeAddresses,
    nodePortAddresses: listNodePortAddresses(nodePortNetworks, family, node, nodeAddresses, localhost),
  }
  return (packet) => packetPaths(plans, facts, packet)
}

function nodeOf(state: ClusterStore, name: string): Node {
  return state.nodes.get(name) ?? { kind: 'Node', name, addresses: [], podCidrs: [] }
}
