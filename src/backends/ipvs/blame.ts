import type { Family } from '../../net/family.ts'
import { addressLine } from './documents.ts'
import type { IpvsFragment } from './fragment.ts'
import { addLine } from './ip-set.ts'
import type { IpvsState } from './state.ts'
import { serverKey, serverWords, wordsInLine } from './virtual-server.ts'

/** The services that have a part in some of these lines for ipvsadm, ipset or ip. */
export function servicesInLines(
  lines: readonly string[],
  fragments: ReadonlyMap<string, IpvsFragment>,
  family: Family,
): ReadonlySet<string> {
  const named = new Set(lines.map((line) => (line.startsWith('-') ? wordsInLine(line) : line)))
  const isNamed = (fragment: IpvsFragment) => fragmentWords(fragment, family).some((words) => named.has(words))
  return new Set([...fragments].flatMap(([service, fragment]) => (isNamed(fragment) ? [service] : [])))
}

/** What a service has, each as a line that adds it, or all lines of a virtual server, say it. */
export function fragmentWords(fragment: IpvsFragment, family: Family): readonly string[] {
  const { addressServers, nodePortServers, addresses, members } = fragment
  return [
    ...[...addressServers, ...nodePortServers].map(serverWords),
    ...addresses.map(addressLine),
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
