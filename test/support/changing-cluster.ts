import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import type { Family } from '../../src/net/family.ts'
import { parseObjects } from './cluster.ts'
import { randomClusterNode, type RandomService } from './random-cluster.ts'

/** A cluster state with nothing but the node that it is planned for. */
export function storeOf(): ClusterStore {
  const store = new ClusterStore()
  put(store, [randomClusterNode])
  return store
}

/** Puts a service and its slices in place of those it had, or only removes those; returns what that touches. */
export function replace(
  store: ClusterStore,
  present: Map<string, RandomService>,
  service: RandomService,
  remove: boolean,
): ReadonlySet<string> {
  const old = parseObjects(present.get(service.key)?.objects ?? []).flatMap((object) => store.remove(object))
  present.delete(service.key)
  if (remove) return new Set(old)
  present.set(service.key, service)
  return new Set([...old, ...put(store, service.objects)])
}

const networks = ['10.244.0.0/16', '2001:db8:244::/48'].flatMap((text) => parseCidr(text) ?? [])

export function rulesetOf(store: ClusterStore, family: Family): IptablesRuleset {
  return new IptablesRuleset(store, {
    family,
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks },
    nodePortNetworks: [],
  })
}

function put(store: ClusterStore, objects: readonly unknown[]): readonly string[] {
  return parseObjects(objects).flatMap((object) => store.put(object))
}
