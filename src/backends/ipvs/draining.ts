import { familyOf, joinHostPort, parseAddress, splitHostPort } from '../../net/address.ts'
import type { Family } from '../../net/family.ts'
import type { Protocol } from '../../net/protocol.ts'
import type { RealServerOf, ServerDiff } from './server-diff.ts'
import { serverKey, serverWords, type RealServer, type VirtualServer } from './virtual-server.ts'

type Servers = ReadonlyMap<string, VirtualServer>

/** Real servers that get no new connections and keep those they have, by {@link realServerKey}. */
export type Draining = ReadonlyMap<string, RealServerOf>

/** `10.96.0.10:80/TCP 10.244.1.7:8080` */
export function realServerKey({ server, real }: RealServerOf): string {
  return `${serverKey(server)} ${real.target}`
}

/** The virtual servers as they are while some of their real servers drain. One that is wanted again drains no more. */
export function withDraining(servers: Servers, draining: Draining): Servers {
  const added = Map.groupBy(draining.values(), ({ server }) => serverKey(server))
  if (added.size === 0) return servers
  return new Map(
    [...servers].map(([key, server]) => {
      const wanted = new Set(server.realServers.map(({ target }) => target))
      const others = (added.get(key) ?? []).map(({ real }) => real).filter(({ target }) => !wanted.has(target))
      const all = others.length === 0 ? server.realServers : [...server.realServers, ...others].sort(byTarget)
      return [key, { ...server, realServers: all }]
    }),
  )
}

/**
 * A difference in which real servers that may have connections lose their weight in place of going, and these. UDP and SCTP
 * have none to wait for: the kernel sends the next packet of a flow elsewhere.
 */
export function drainFirst(diff: ServerDiff): { readonly diff: ServerDiff; readonly drained: readonly RealServerOf[] } {
  const drained = diff.removedReals
    .filter(drains)
    .map(({ server, real }) => ({ server, real: { ...real, weight: 0 }, before: real.weight }))
  return {
    diff: {
      ...diff,
      editedReals: [...diff.editedReals, ...drained.filter(({ before }) => before !== 0)],
      removedReals: diff.removedReals.filter((real) => !drains(real)),
    },
    drained: drained.map(({ server, real }) => ({ server, real })),
  }
}

function drains({ server, real }: RealServerOf): boolean {
  return server.protocol === 'TCP' && real.other === undefined
}

/** The lines for `ipvsadm -R` that take real servers away. */
export function realRemovalLines(reals: readonly RealServerOf[]): readonly string[] {
  return reals.map(({ server, real }) => `-d ${serverWords(server)} -r ${real.target}`)
}

/**
 * Connections by {@link realServerKey}, in whatever state, those that have ended lately among them, from what `ipvsadm -Ln`
 * prints of one family.
 */
export function parseConnections(text: string, family: Family): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  let server: Pick<VirtualServer, 'address' | 'port' | 'protocol'> | undefined
  for (const line of text.split('\n')) {
    const [first = '', second = '', , , active, inactive] = line.trim().split(/ +/)
    const protocol = protocols.find((name) => name === first)
    // One of a firewall mark has no address.
    if (first !== '->') server = protocol && doorOf(protocol, second, family)
    else if (server !== undefined && active !== undefined) {
      const { host, port } = splitHostPort(second)
      const target = joinHostPort(parseAddress(host) ?? host, port)
      counts.set(`${serverKey(server)} ${target}`, Number(active) + Number(inactive))
    }
  }
  return counts
}

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP']

function doorOf(protocol: Protocol, where: string, family: Family) {
  const { host, port } = splitHostPort(where)
  const address = parseAddress(host)
  return address === undefined || familyOf(address) !== family ? undefined : { protocol, address, port }
}

function byTarget(a: RealServer, b: RealServer): number {
  return a.target < b.target ? -1 : 1
}
