/**
 * `corefile-server COREFILE MANIFEST...`: serves a Corefile and the cluster of these manifests in the network namespace of
 * a test. It prints `ready`, then the lines of its log.
 */
import { kubernetesZones } from '../../src/agent/corefile-zones.ts'
import { zoneOfState } from '../../src/agent/dns-table.ts'
import { dnsWorld } from '../../src/agent/dns-world.ts'
import { readCorefile } from '../../src/agent/corefile-files.ts'
import { readClusterFiles } from '../../src/cli/cluster-state.ts'
import { localAddresses } from '../../src/host/local-addresses.ts'
import { parseHosts } from '../../src/plugins/hosts-table.ts'
import { DnsServer } from '../../src/plugins/server.ts'
import { serveDns } from '../upstream/serve.ts'

const [corefilePath = '', ...manifests] = process.argv.slice(2)
const corefile = await readCorefile(corefilePath)
const state = await readClusterFiles(manifests)
const server = new DnsServer(corefile, {
  ...(await dnsWorld(corefile)),
  observe: (event) => {
    if (event.kind === 'panic') console.log(event.error)
  },
  write: (line) => console.log(line),
  zones: (plugin) => {
    if (plugin.name !== 'kubernetes') return []
    return kubernetesZones(plugin).map((options) => {
      const view = zoneOfState(state, options)
      view.serial = 7
      return { view }
    })
  },
  hostsTable: (plugin) => parseHosts('', plugin),
})
for (const { address, port } of server.listeners) {
  const hosts = address === undefined ? localAddresses().filter((host) => !host.startsWith('fe80:')) : [address]
  for (const host of hosts) await serveDns(host, port, (message, peer) => server.answer(message, peer))
}
console.log('ready')
