import type { Family } from '../../net/family.ts'
import { addressWords } from './documents.ts'
import type { IpvsFragment } from './fragment.ts'
import { addLine } from './ip-set.ts'
import type { IpvsState } from './state.ts'
import { serverKey, serverWords } from './virtual-server.ts'

/** The services that have a part in some of these lines for ipvsadm, ipset or ip. */
export function servicesInLines(
  lines: readonly string[],
  fragments: ReadonlyMap<string, IpvsFragment>,
  family: Family,
): ReadonlySet<string> {
  // -A -t 10.96.0.10:80 -s rr: what is said of a virtual server stands behind its address.
  const named = new Set(lines.map((line) => (line.startsWith('-') ? line.split(' ').slice(1, 3).join(' ') : line)))
  const isNamed = (fragment: IpvsFragment) => fragmentWords(fragment, family).some((words) => named.has(words))
  return new Set([...fragments].flatMap(([service, fragment]) => (isNamed(fragment) ? [service] : [])))
}

function fragmentWords(fragment: IpvsFragment, family: Family): readonly string[] {
  const { addressServers, nodePortServers, addresses, members } = fragment
  return [
    ...[...addressServers, ...nodePortServers].map(serverWords),
    ...addresses.map((address) => `addr add ${addressWords(address)}`),
    ...members.map((member) => addLine(member, family)),
  ]
}

/** What of a service the kernel has, and as it has it: what stays of one whose change is refused. */
export function standingPart(
  { addressServers, nodePortServers, addresses, members, filter }: IpvsFragment,
  { servers, addresses: bound, sets }: IpvsState,
): IpvsFragment {
  const standing = (all: IpvsFragment['addressServers']) =>
    all.flatMap((server) => servers.get(serverKey(server)) ?? [])
  return {
    addressServers: standing(addressServers),
    nodePortServers: standing(nodePortServers),
    addresses: addresses.filter((address) => bound.has(address)),
    members: members.filter(({ set, member }) => sets.get(set)?.has(member)),
    // A rule that keeps somebody out does no harm before what it is about.
    filter,
  }
}
