import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import { conntrackTool } from '../../src/agent/conntrack-tool.ts'
import { FlowCleaner } from '../../src/agent/flow-cleaner.ts'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import type { RunLines } from '../../src/host/command.ts'
import type { Family } from '../../src/net/family.ts'
import { clusterOfObjects, parseObjects } from './cluster.ts'
import { udpServiceObjects, type UdpService } from './udp-service.ts'

/** A cleaner of services that change, without rules; each call of the tool is a walk over the table of flows. */
export interface TestCleaner {
  readonly cleaner: FlowCleaner
  /** The arguments of every call so far. */
  readonly walks: string[]
  readonly change: (service: UdpService) => void
  readonly remove: (name: string) => void
}

/** @param local The addresses of the node, besides loopback. */
export function cleanerOf(
  run: RunLines,
  family: Family,
  services: readonly UdpService[],
  local: readonly string[],
): TestCleaner {
  const store = clusterOfObjects(services.flatMap(udpServiceObjects))
  const ruleset = new IptablesRuleset(store, {
    family,
    nodeName: 'here',
    masqueradeAll: false,
    localDetection: { mode: 'NodeCIDR' },
    nodePortNetworks: [],
  })
  ruleset.localAddresses = [...local, '127.0.0.1', '::1']
  const walks: string[] = []
  const tool = conntrackTool((command, args, onLine) => {
    walks.push(args.join(' '))
    return run(command, args, onLine)
  })
  return {
    cleaner: new FlowCleaner(family, ruleset, tool, false),
    walks,
    change: (service) => void ruleset.touch(put(store, service)),
    remove: (name) => void ruleset.touch(remove(store, name)),
  }
}

function put(store: ClusterStore, service: UdpService): readonly string[] {
  return parseObjects(udpServiceObjects(service)).flatMap((object) => store.put(object))
}

function remove(store: ClusterStore, name: string): readonly string[] {
  const service = store.services.get(`kube-system/${name}`)
  return service === undefined ? [] : store.remove(service)
}
