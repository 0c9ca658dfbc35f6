import fc from 'fast-check'
import type { RulesetOptions } from '../../src/agent/iptables-ruleset.ts'
import type { Address } from '../../src/net/address.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import type { Family } from '../../src/net/family.ts'
import { protocols } from '../../src/net/protocol.ts'
import type { Packet } from '../../src/plan/packet.ts'
import type { PortPlan } from '../../src/plan/port-plan.ts'
import { randomNodeAddress, sharedVip } from './random-services.ts'

const cidrs = (...texts: readonly string[]) => texts.flatMap((text) => parseCidr(text) ?? [])

const secondAddress = { IPv4: '192.0.2.17', IPv6: '2001:db8:192::17' }

/** The options of the rules but for node and family, and whether the node has a load balancer address. */
export const randomSetting = fc.record({
  ownsVip: fc.boolean(),
  setting: fc.record({
    masqueradeAll: fc.boolean(),
    localhostNodePorts: fc.boolean(),
    localDetection: fc.constantFrom<RulesetOptions['localDetection'][]>(
      { mode: 'ClusterCIDR', networks: cidrs('10.244.0.0/16', '2001:db8:244::/48') },
      { mode: 'ClusterCIDR', networks: [] },
      { mode: 'NodeCIDR' },
      { mode: 'BridgeInterface', name: 'cbr0' },
      { mode: 'InterfaceNamePrefix', prefix: 'veth' },
    ),
    nodePortNetworks: fc.constantFrom<RulesetOptions['nodePortNetworks'][]>(
      [],
      'primary',
      cidrs('192.0.2.0/24'),
      cidrs('192.0.2.17/32', '2001:db8:192::17/128', '127.0.0.0/8'),
      cidrs('198.51.100.0/24', '2001:db8::/32'),
    ),
  }),
})

export function randomNodeAddresses(ownsVip: boolean, family: Family): readonly Address[] {
  const loopback = family === 'IPv4' ? '127.0.0.1' : '::1'
  return [randomNodeAddress[family], secondAddress[family], loopback, ...(ownsVip ? [sharedVip[family]] : [])]
}

const anyNumber = fc.nat({ max: 10_000 })

/** A packet to be made for a cluster by {@link packetFor}: numbers that choose from whatever there is. */
export const randomPacket = fc.record({
  source: anyNumber,
  inInterface: fc.constantFrom(undefined, 'eth0', 'cbr0', 'veth12'),
  to: anyNumber,
  otherAddress: rarely(anyNumber),
  otherPort: rarely(anyNumber),
  otherProtocol: rarely(fc.constantFrom(...protocols)),
})
type RandomPacket = typeof randomPacket extends fc.Arbitrary<infer T> ? T : never

/** Mostly to where some plan is reached, or where its endpoints are. */
export function packetFor(
  plans: readonly PortPlan[],
  family: Family,
  nodeAddresses: readonly Address[],
  made: RandomPacket,
): Packet {
  const doors = [
    ...plans.flatMap((plan) => doorsOf(plan, nodeAddresses)),
    { destination: nodeAddresses[0] ?? '', port: 80, protocol: 'TCP' } as const,
  ]
  const clients =
    family === 'IPv4' ? ['203.0.113.9', '203.0.113.200', '198.51.100.9'] : ['2001:db8:203::9', '2001:db8:203::200']
  const pods = plans.flatMap(({ choice }) => choice.reachable.map(({ address }) => address))
  const sources = [
    ...nodeAddresses,
    ...clients,
    sharedVip[family],
    ...plans.flatMap((plan) => plan.loadBalancerIps),
    ...pods,
  ]
  const { otherAddress, otherPort, otherProtocol, inInterface } = made
  const door = pick(doors, made.to)
  return {
    source: pick(sources, made.source),
    destination: otherAddress === undefined ? door.destination : pick(doors, otherAddress).destination,
    port: otherPort === undefined ? door.port : pick(doors, otherPort).port,
    protocol: otherProtocol ?? door.protocol,
    ...(inInterface !== undefined && { inInterface }),
  }
}

function doorsOf(plan: PortPlan, own: readonly Address[]) {
  const { protocol, port, nodePort, healthCheckNodePort } = plan
  const addresses = [
    ...(plan.clusterIp === undefined ? [] : [plan.clusterIp]),
    ...plan.externalIps,
    ...plan.loadBalancerIps,
  ]
  const endpoints = plan.choice.reachable.map(({ target }) => {
    const colon = target.lastIndexOf(':')
    return {
      destination: target.slice(0, colon).replaceAll(/[[\]]/g, ''),
      port: Number(target.slice(colon + 1)),
      protocol,
    }
  })
  const nodePorts = [nodePort, healthCheckNodePort].flatMap((number) =>
    number === undefined ? [] : own.map((destination) => ({ destination, port: number, protocol })),
  )
  return [...addresses.map((destination) => ({ destination, port, protocol })), ...nodePorts, ...endpoints]
}

function pick<T>(list: readonly T[], number: number): T {
  const item = list[number % list.length]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** Undefined but for one time in eight. */
function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
}
