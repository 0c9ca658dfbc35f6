import type { Address } from '../../net/address.ts'
import { splitHostPort } from '../../net/address.ts'
import type { Family } from '../../net/family.ts'
import type { StaleFlows } from './stale.ts'

/** Arguments of `conntrack` that list the UDP flows of a family, or of those only the ones to `destination`. */
export function listArguments(family: Family, destination: Address | undefined): readonly string[] {
  return ['-L', ...udpOf(family), ...(destination === undefined ? [] : ['--orig-dst', destination])]
}

/** Arguments of `conntrack` that delete these flows, and print a line for each. */
export function deleteArguments(family: Family, { destination, replySource }: StaleFlows): readonly string[] {
  return [
    '-D',
    ...udpOf(family),
    ...(destination === undefined ? [] : tuple('--orig-dst', '--orig-port-dst', destination)),
    ...(replySource === undefined ? [] : tuple('--reply-src', '--reply-port-src', replySource)),
    // Flows that go to an endpoint by its own address are nobody's but their client's.
    ...(destination === undefined || replySource === undefined ? ['--dst-nat'] : []),
  ]
}

function udpOf(family: Family): readonly string[] {
  return ['-p', 'udp', '-f', family.toLowerCase()]
}

function tuple(addressFlag: string, portFlag: string, text: string): readonly string[] {
  const { host, port } = splitHostPort(text)
  return [addressFlag, host, portFlag, String(port)]
}
