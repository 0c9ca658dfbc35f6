import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zoneOfState } from '../src/agent/dns-table.ts'
import { ClusterStore } from '../src/agent/cluster-store.ts'
import { parseManifests } from '../src/agent/manifest-text.ts'
import { zoneFile } from '../src/dns/zone-file.ts'

const reverse = 'in-addr.arpa'

/** Writes what we answer of a manifest as the zone files `cluster.local` and `in-addr.arpa`; returns the names of the zones. */
export function writeZoneFiles(folder: string, manifest: string): readonly string[] {
  const state = new ClusterStore(parseManifests(manifest, 'bench').objects.map(({ object }) => object))
  const lines = zoneFile(zoneOfState(state, { domain: 'cluster.local', ttl: 30 })).split('\n')
  const at = lines.findIndex((line) => line.startsWith(';'))
  // CoreDNS takes no zone with serial 0.
  const [soa = '', ...forward] = lines
    .slice(0, at)
    .map((line, i) => (i === 0 ? line.replace(' 0 7200', ' 1 7200') : line))
  const apex = [soa.replace('cluster.local.', `${reverse}.`), `${reverse}. 30 IN NS ns.dns.cluster.local.`]
  writeZone(folder, 'cluster.local', [soa, ...forward])
  writeZone(folder, reverse, [...apex, ...lines.slice(at + 1)])
  return ['cluster.local', reverse]
}

/** Writes a zone whose every name has one address. */
export function writeWildcardZone(folder: string, zone: string): void {
  writeZone(folder, zone, [
    `${zone}. 300 IN SOA ns.${zone}. admin.${zone}. 1 7200 1800 86400 30`,
    `${zone}. 300 IN NS ns.${zone}.`,
    `*.${zone}. 300 IN A 192.0.2.1`,
  ])
}

function writeZone(folder: string, zone: string, lines: readonly string[]): void {
  writeFileSync(join(folder, zone), `${lines.join('\n')}\n`)
}
