import type { PlannedEndpoint } from './endpoint.ts'
import { isLoopback } from './node-port-addresses.ts'
import { chooseEntrance } from './packet-entrance.ts'
import { filterVerdict, type Hook } from './packet-filter.ts'
import { isOwnAddress, type Fate, type Packet, type Verdict } from './packet.ts'
import type { PathFacts } from './path-facts.ts'
import type { PortPlan } from './port-plan.ts'
import { partOf, whole } from './share.ts'

/**
 * Every way that a packet may go on this node, with its share: what the plans mean, said without a rule. First it may be
 * translated to an endpoint, then filtered as it is addressed by then, then masqueraded. Affinity is taken to remember
 * nobody.
 *
 * @param plans Those of one family, in the order in which they count where two claim the same address and port.
 */
export function packetPaths(plans: readonly PortPlan[], facts: PathFacts, packet: Packet): readonly Fate[] {
  const entrance = chooseEntrance(plans, facts, packet)
  if (entrance === undefined) {
    if (isKeptFromLoopback(facts, packet)) return [{ share: whole, masqueraded: false, verdict: 'drop' }]
    return [{ share: whole, ...finish(plans, facts, packet, false) }]
  }
  const share = partOf(whole, 1n, BigInt(entrance.endpoints.length))
  return entrance.endpoints.map((endpoint) => {
    // An endpoint that reaches itself must see another source, or its reply never leaves it.
    const masquerade = entrance.masquerade || endpoint.address === packet.source
    return { share, target: endpoint.target, ...finish(plans, facts, sentTo(endpoint, packet), masquerade) }
  })
}

/** Node ports on localhost make the kernel take packets for loopback from anywhere (CVE-2020-8558). */
function isKeptFromLoopback({ nodePortAddresses }: PathFacts, { source, destination }: Packet): boolean {
  return nodePortAddresses.some(isLoopback) && isLoopback(destination) && !isLoopback(source)
}

function sentTo(endpoint: PlannedEndpoint, packet: Packet): Packet {
  return {
    ...packet,
    destination: endpoint.address,
    port: Number(endpoint.target.slice(endpoint.target.lastIndexOf(':') + 1)),
  }
}

function finish(
  plans: readonly PortPlan[],
  { nodeAddresses }: PathFacts,
  packet: Packet,
  masquerade: boolean,
): { readonly masqueraded: boolean; readonly verdict: Verdict } {
  const hooks = hooksOf(packet, isOwnAddress(nodeAddresses, packet.destination))
  for (const hook of hooks) {
    const verdict = filterVerdict(hook, plans, packet, { nodeAddresses, masquerade })
    if (verdict !== 'pass') return { masqueraded: false, verdict }
  }
  // What ends its way on the node is never on its way out, which is where sources are translated.
  const leaves = hooks.includes('FORWARD') || hooks.includes('OUTPUT')
  return { masqueraded: masquerade && leaves, verdict: 'pass' }
}

/** Where filters see a packet: what the node sends to itself leaves by the loopback interface, and comes in again. */
function hooksOf({ inInterface }: Packet, toNode: boolean): readonly Hook[] {
  if (inInterface !== undefined) return [toNode ? 'INPUT' : 'FORWARD']
  return toNode ? ['OUTPUT', 'INPUT'] : ['OUTPUT']
}
