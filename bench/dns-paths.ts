/**
 * What each kind of query costs the program itself with 10,000 services, in processor time, beside Knot with the same
 * records and Unbound that forwards to the same server. Needs root, dnsperf, knot, unbound and taskset.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchObjects } from './cluster.ts'
import { kubeadmCorefile } from './corefile.ts'
import { knot, pointsman, startServer, unbound, type Launch, type RunningServer } from './dns-servers.ts'
import { saturate, showLoads, type Load } from './dnsperf.ts'
import { isInOwnNetwork } from './own-network.ts'
import { writeWildcardZone, writeZoneFiles } from './zone-files.ts'

const services = 10_000
/** Few enough for every cache. */
const externals = 1000
const rounds = 3
const upstreamPort = 5390
const service = (i: number): string => `service-${i}.bench-${i % 100}.svc.cluster.local`
const external = (i: number): string => `host-${i % externals}.cached.test`

/** What is asked of whom; the names are those of number i. */
interface Path {
  readonly name: string
  readonly queries: (i: number) => readonly string[]
  readonly servers: readonly string[]
}

const searched = ['bench-0.svc.cluster.local', 'svc.cluster.local', 'cluster.local']

const paths: readonly Path[] = [
  { name: 'address of a service', queries: (i) => [`${service(i)} A`], servers: ['pointsman', 'knot'] },
  {
    name: 'name of a search list that does not exist',
    queries: (i) => [`host-${i}.example.com.bench-${i % 100}.svc.cluster.local A`],
    servers: ['pointsman', 'knot'],
  },
  { name: 'SRV', queries: (i) => [`_http._tcp.${service(i)} SRV`], servers: ['pointsman', 'knot'] },
  {
    name: 'PTR of a cluster IP',
    queries: (i) => [`${i & 255}.${(i >> 8) & 255}.96.10.in-addr.arpa PTR`],
    servers: ['pointsman', 'knot'],
  },
  { name: 'other name, in the cache', queries: (i) => [`${external(i)} A`], servers: ['pointsman', 'unbound'] },
  {
    name: 'other name, forwarded',
    queries: (i) => [`host-${i}.uncached.test A`],
    servers: ['pointsman', 'unbound without a cache'],
  },
  {
    name: 'other name with autopath: one query for four names',
    queries: (i) => [`${external(i)}.${searched[0] ?? ''} A`],
    servers: ['autopath'],
  },
  {
    name: 'the same four names asked one by one',
    queries: (i) => [...searched.map((domain) => `${external(i)}.${domain} A`), `${external(i)} A`],
    servers: ['pointsman'],
  },
]

/** A pod of this node with the address that dnsperf asks from. */
const ownPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'asker', namespace: 'bench-0' },
  spec: { nodeName: hostname() },
  status: { phase: 'Running', podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] },
}

if (isInOwnNetwork()) await measure()

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-bench-'))
  const servers = new Map<string, RunningServer>()
  const zones = ['cached.test', 'uncached.test']
  try {
    for (const zone of zones) writeWildcardZone(folder, zone)
    const upstream = { ...knot('upstream', upstreamPort, folder, zones), core: 1 }
    for (const launch of [upstream, ...launches(folder)]) {
      servers.set(launch.name, await startServer(launch, launch.name === 'knot' ? service(0) : external(0)))
    }
    compare(servers, folder)
  } finally {
    for (const server of servers.values()) await server.stop()
    rmSync(folder, { recursive: true })
  }
}

function launches(folder: string): readonly Launch[] {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const items = [...benchObjects(services, 5), ownPod]
  const text = JSON.stringify({ kind: 'List', items })
  const manifest = write('cluster.json', text)
  const upstream = `127.0.0.1:${upstreamPort}`
  const plain = kubeadmCorefile(['prometheus 127.0.0.1:9153'], 'insecure', upstream)
  const uncached = `uncached.test:53 {\n    prometheus 127.0.0.1:9153\n    forward . ${upstream}\n}\n`
  const autopath = kubeadmCorefile(['prometheus 127.0.0.1:9154', 'autopath @kubernetes'], 'verified', upstream)
  return [
    pointsman('pointsman', 5301, write('Corefile', plain + uncached), manifest),
    pointsman('autopath', 5302, write('Corefile.autopath', autopath), manifest),
    knot('knot', 5303, folder, writeZoneFiles(folder, text)),
    unbound('unbound', 5304, folder, upstreamPort, true),
    unbound('unbound without a cache', 5305, folder, upstreamPort, false),
  ]
}

function compare(servers: ReadonlyMap<string, RunningServer>, folder: string): void {
  const names = join(folder, 'names')
  for (const { name, queries, servers: asked } of paths) {
    writeFileSync(
      names,
      `${Array.from({ length: services }, (_, i) => queries(i))
        .flat()
        .join('\n')}\n`,
    )
    const loads = new Map(asked.map((one): [string, Load[]] => [one, []]))
    // In turn, so that a slow moment of the machine meets all.
    for (let round = -1; round < rounds; round++) {
      for (const [one, all] of loads) {
        const server = servers.get(one)
        if (server === undefined) throw new Error(`no server ${one}`)
        const load = saturate(server, names, 2)
        if (round >= 0) all.push(load)
      }
    }
    for (const [one, all] of loads) console.log(`dns-paths: ${name}: ${one}: ${showLoads(all)} (medians of ${rounds})`)
  }
}
