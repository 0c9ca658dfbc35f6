import { addressOf, type Place } from '../../src/host/lab/addresses.ts'
import type { Lab } from '../../src/host/lab/lab.ts'
import { joinHostPort, type Address } from '../../src/net/address.ts'
import type { Family } from '../../src/net/family.ts'

/** What every container listens on, over TCP and UDP; it answers with the name of its pod. */
export const podPort = 8080

/** Whether a rule of the node sends new connections to the pod in this place. */
export function isLedTo(lab: Lab, place: Place): Promise<boolean> {
  return inSomeFamily(lab, place, async (address, family) => {
    const saved = await lab.exec('node', family === 'IPv4' ? 'iptables-save' : 'ip6tables-save', ['-t', 'nat'])
    return saved.includes(`--to-destination ${joinHostPort(address, podPort)}`)
  })
}

/** Whether the node's kernel knows UDP flows that the pod in this place answers. */
export function hasUdpFlows(lab: Lab, place: Place): Promise<boolean> {
  return inSomeFamily(lab, place, async (address, family) => {
    const which = ['-L', '-f', family.toLowerCase(), '-p', 'udp', '--reply-src', address]
    return (await lab.exec('node', 'conntrack', which)).includes('udp')
  })
}

async function inSomeFamily(
  lab: Lab,
  place: Place,
  ask: (address: Address, family: Family) => Promise<boolean>,
): Promise<boolean> {
  const answers = await Promise.all(lab.families.map((family) => ask(addressOf(place, family), family)))
  return answers.includes(true)
}
