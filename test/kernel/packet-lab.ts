import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { iptablesTool } from '../../src/agent/iptables-tool.ts'
import { renderFullSync } from '../../src/backends/iptables/full-sync.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import type { Variant } from '../../src/backends/iptables/variant.ts'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import { hostMachine } from '../../src/host/lab/machine.ts'
import { families, type Family } from '../../src/net/family.ts'
import { wholeText } from '../../src/xtables/restore-document.ts'
import { addressIn, endpoints, places, secondAddress, strangerAddress } from '../packets/places.ts'
import { clusterObjects, nodeAddresses, ownedVip, rulesetOptions, type Setting } from '../packets/settings.ts'
import type { Row } from '../packets/table.ts'
import { clusterOfObjects } from '../support/cluster.ts'

/** The networks of service addresses: the node has a route for them, to where packets that it leaves untouched go. */
const serviceNetworks: Readonly<Record<Family, readonly string[]>> = {
  IPv4: ['10.96.0.0/16', '198.51.100.0/24'],
  IPv6: ['2001:db8:96::/64', '2001:db8:198::/64'],
}

/**
 * A lab in which everyone of the packet table is there and answers with its name, and whoever gets a packet that the
 * rows leave untouched says so: the node itself, or `outside`, which takes every service address for its own.
 */
export async function createPacketLab(rows: readonly Row[], machine = hostMachine): Promise<Lab> {
  const lab = await createLab({ prefix: 'pointsman-test', backends: 6, families, destroyOnSignals: true, machine })
  try {
    await setUp(lab, rows)
    return lab
  } catch (error) {
    await lab.destroy()
    throw error
  }
}

async function setUp(lab: Lab, rows: readonly Row[]): Promise<void> {
  for (const family of families) {
    await addAddress(lab, 'node', 'uplink', secondAddress[family])
    await addAddress(lab, 'client', 'eth0', strangerAddress[family])
    for (const network of serviceNetworks[family]) {
      const via = ['via', addressIn(family, 'outside'), 'dev', places.outside, 'onlink']
      await ip(lab, 'node', family, ['route', 'add', network, ...via])
      await ip(lab, places.outside, family, ['route', 'add', 'local', network, 'dev', 'lo'])
    }
  }
  await lab.exec(places.outside, 'tee', ['/proc/sys/net/ipv6/ip_nonlocal_bind'], { input: '1' })
  await liftIcmpLimit(lab)
  const pods = endpoints.filter((name) => name !== 'node')
  const untouched = rows.filter(({ want }) => want === 'untouched').map(({ packet }) => packet)
  const tcp = each(untouched.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port))
  const datagrams = untouched.filter(({ protocol }) => protocol === 'UDP')
  const udp = each(datagrams.map(({ port }) => port))
  const ofServices = each(datagrams.map(({ destination }) => destination)).filter((address) => !isOfNode(address))
  await Promise.all([
    ...pods.map((name) => lab.serve(places[name], { name, tcp: [8053, 8080], udp: [5353] })),
    lab.serve('node', { name: 'node', tcp: each([8080, ...tcp]), udp }),
    lab.serve(places.outside, { name: 'outside', tcp }),
    // Whoever sends a datagram to an address hears only what comes from there.
    lab.serve(places.outside, { name: 'outside', hosts: ofServices, udp }),
  ])
}

/** Refusals may come faster than the kernel tells one host of them: six at once, then one a second. */
export async function liftIcmpLimit(lab: Lab): Promise<void> {
  const files = ['/proc/sys/net/ipv4/icmp_ratelimit', '/proc/sys/net/ipv6/icmp/ratelimit']
  await lab.exec('node', 'tee', files, { input: '0' })
}

function each<T>(list: readonly T[]): readonly T[] {
  return [...new Set(list)]
}

function isOfNode(address: string): boolean {
  return families.some((family) => [addressIn(family, 'node'), secondAddress[family]].includes(address))
}

/** Brings the node to a setting: its addresses, and the rules in the kernel. */
export async function applySetting(lab: Lab, variant: Variant, setting: Setting): Promise<void> {
  for (const family of families) {
    if (setting.ownsVip === true) await addAddress(lab, 'node', 'uplink', ownedVip(family))
    const cluster = clusterOfObjects(clusterObjects(setting))
    const ruleset = new IptablesRuleset(cluster, rulesetOptions(setting, family))
    ruleset.localAddresses = nodeAddresses(setting, family)
    const tool = iptablesTool(
      (command, args, input) => lab.exec('node', command, args, { input: wholeText(input ?? '') }),
      family,
      variant,
    )
    const document = renderFullSync(ruleset.desired(), parseSavedRules(await tool.save()), 100_000)
    await tool.restore(document)
  }
}

async function addAddress(lab: Lab, place: 'node' | 'client', device: string, address: string): Promise<void> {
  const family = address.includes(':') ? 'IPv6' : 'IPv4'
  const options = family === 'IPv6' ? ['nodad'] : []
  await ip(lab, place, family, ['address', 'replace', address, 'dev', device, ...options])
}

async function ip(
  lab: Lab,
  place: (typeof lab.places)[number],
  family: Family,
  args: readonly string[],
): Promise<void> {
  await lab.exec(place, 'ip', [family === 'IPv4' ? '-4' : '-6', ...args])
}
