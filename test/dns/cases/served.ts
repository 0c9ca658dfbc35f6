import { readFileSync } from 'node:fs'
import { ClusterStore } from '../../../src/agent/cluster-store.ts'
import { externalZones, kubernetesZones } from '../../../src/agent/corefile-zones.ts'
import { DnsTable } from '../../../src/agent/dns-table.ts'
import { parseManifests } from '../../../src/agent/manifest-text.ts'
import { parseCorefile } from '../../../src/config/corefile/corefile.ts'
import { answerQuery } from '../../../src/dns/answer.ts'
import { readQuery } from '../../../src/dns/query.ts'
import type { ZoneOptions } from '../../../src/dns/zone-options.ts'
import type { Zone } from '../../../src/dns/zone.ts'

/** The zones of a Corefile over a cluster, those first that are asked first. */
export function servedZones(corefile: string, cluster: string): readonly Zone[] {
  const { objects, errors } = parseManifests(readFileSync(cluster, 'utf8'), cluster)
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
  const store = new ClusterStore(objects.map(({ object }) => object))
  return zoneOptions(corefile).map((options) => {
    const { zone } = new DnsTable(store, options)
    zone.synced = true
    return zone
  })
}

/** Answers from the first zone that a name lies in. */
export function answerFrom(
  zones: readonly Zone[],
  message: Uint8Array,
  transport: 'udp' | 'tcp',
): Uint8Array | undefined {
  const query = readQuery(message, transport)
  const name = query.kind === 'query' ? query.name.toLowerCase() : '.'
  const zone = zones.find((candidate) => candidate.originOf(name) !== undefined) ?? zones[0]
  return zone && answerQuery(zone, message, transport)
}

function zoneOptions(corefile: string): readonly ZoneOptions[] {
  const { blocks } = parseCorefile(
    { name: 'Corefile', text: corefile },
    { environment: () => undefined, files: () => [] },
  )
  const plugins = blocks.flatMap((block) => block.plugins)
  const kubernetes = plugins.find((plugin) => plugin.name === 'kubernetes')
  const external = plugins.find((plugin) => plugin.name === 'k8s_external')
  if (kubernetes === undefined) throw new Error('a table needs the plugin kubernetes')
  return [...(external ? externalZones(external, kubernetes) : []), ...kubernetesZones(kubernetes)]
}
