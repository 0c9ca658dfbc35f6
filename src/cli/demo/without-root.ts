import { ClusterStore } from '../../agent/cluster-store.ts'
import { zoneOfState } from '../../agent/dns-table.ts'
import { iptablesDocuments, ipvsDocuments, zoneDocument } from '../../agent/documents.ts'
import { parseManifests } from '../../agent/manifest-text.ts'
import { answerQuery } from '../../dns/answer.ts'
import { listenDns } from '../../host/dns-listener.ts'
import { parseCidr } from '../../net/cidr.ts'
import { podCidr } from '../../host/lab/addresses.ts'
import type { ModeName } from '../modes.ts'
import { print } from '../output.ts'
import { demoObjects, web } from './cluster.ts'

const zone = { domain: 'cluster.local', ttl: 5 }

/** What can be shown without the right to make a network namespace: the rules as text, and real DNS answers. */
export async function demoWithoutRoot(mode: ModeName): Promise<void> {
  await print(
    `Without root no network namespace can be made. As root this would make five of them (a node, three backends, a
client), program these rules in the node, send 300 connections through them, remove a backend, and show what changes.

`,
  )
  const { objects } = parseManifests(
    JSON.stringify({ kind: 'List', items: demoObjects(['backend1', 'backend2', 'backend3']) }),
    'demo',
  )
  const store = new ClusterStore(objects.map(({ object }) => object))
  const networks = [podCidr.IPv4].flatMap((text) => parseCidr(text) ?? [])
  const localDetection = { mode: 'ClusterCIDR', networks } as const
  const ruleset = { nodeName: 'node-1', masqueradeAll: false, localDetection, nodePortNetworks: [] }
  const rules =
    mode === 'ipvs'
      ? ipvsDocuments(store, ['IPv4'], { ...ruleset, scheduler: 'rr' })
      : iptablesDocuments(store, ['IPv4'], ruleset)
  const documents = [...rules, zoneDocument(store, zone)]
  for (const { name, text } of documents) await print(`# ${name}\n${text}`)
  const answers = zoneOfState(store, zone)
  const listener = await listenDns(
    { host: '127.0.0.1', port: 0 },
    (query, { transport }) => answerQuery(answers, query, transport),
    (message) => console.error(message),
  )
  const name = `${web.name}.${web.namespace}.svc.${zone.domain}`
  await print(
    `\nAnswering DNS. Try, from another terminal: dig @127.0.0.1 -p ${listener.port} ${name}\nCtrl-C ends it.\n`,
  )
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
  await listener.close()
}
