import { expect, test } from 'vitest'
import { zoneText } from '../../src/agent/compared-side.ts'
import { reportIpvsDifferences } from '../../src/agent/ipvs-diff-report.ts'
import { IpvsRuleset } from '../../src/agent/ipvs-ruleset.ts'
import { desiredIpvsSide, kernelIpvsSide } from '../../src/agent/ipvs-side.ts'
import { renderFullSync } from '../../src/backends/iptables/full-sync.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import { filledSets } from '../../src/backends/ipvs/rules.ts'
import type { IpvsState } from '../../src/backends/ipvs/state.ts'
import type { VirtualServer } from '../../src/backends/ipvs/virtual-server.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { sentences } from '../support/compared.ts'
import { savedText } from '../support/saved-text.ts'

const service = (name: string, id: number, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name },
  spec: { clusterIP: `10.96.0.${id}`, ports: [{ name: 'http', port: 80 }], ...spec },
})
const slice = (name: string, ...addresses: readonly string[]) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'node-2' })),
})

function rulesetOf(...objects: readonly object[]) {
  const store = clusterOfObjects(objects)
  const ruleset = new IpvsRuleset(store, {
    family: 'IPv4',
    nodeName: 'node-1',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
    scheduler: 'rr',
  })
  return { store, ruleset }
}

function stateOf(...objects: readonly object[]) {
  const { store, ruleset } = rulesetOf(...objects)
  return {
    families: [desiredIpvsSide(ruleset, 'IPv4')],
    zone: zoneText(store, { domain: 'cluster.local', ttl: 5 }),
  }
}

const objects = [service('web', 1), slice('web', '10.244.1.1', '10.244.1.2')]

test('two states: each difference to its Service', () => {
  const now = stateOf(service('web', 1), slice('web', '10.244.1.1', '10.244.1.3'), service('new', 2))
  expect(sentences(reportIpvsDifferences(stateOf(...objects, service('old', 3)), now))).toEqual([
    'Service shop/new: new; virtual server 10.96.0.2:80/TCP added',
    'Service shop/old: removed',
    'Service shop/web: endpoint 10.244.1.2:8080 removed, 10.244.1.3:8080 added; DNS name 10-244-1-2.web.shop removed, 10-244-1-3.web.shop added',
    '3 Services differ: 1 new, 1 removed, 1 changed; 12 lines to add, 12 to remove',
  ])
  expect(reportIpvsDifferences(now, now)).toEqual([])
})

/** A kernel that held what is wanted, until somebody changed it. */
function againstKernel(change: (state: IpvsState) => Partial<IpvsState>, rules = (saved: string) => saved) {
  const { ruleset } = rulesetOf(...objects)
  const { wanted } = ruleset
  const saved = savedText(
    renderFullSync(ruleset.desiredRules(filledSets(wanted.sets), new Map()), parseSavedRules(''), Infinity),
  )
  const found = { ...wanted, ...change(wanted), isRecorded: ({ port }: { readonly port: number }) => port !== 9999 }
  const old = { families: [kernelIpvsSide(ruleset, 'IPv4', found, parseSavedRules(rules(saved)))] }
  return sentences(reportIpvsDifferences(old, { families: [desiredIpvsSide(ruleset, 'IPv4')] }))
}

const web = { address: '10.96.0.1', port: 80, protocol: 'TCP', scheduler: 'rr', flags: '' } as const
const real = (target: string, weight = 1) => ({ target, weight })

test('a kernel that holds what is wanted, also while a real server drains and beside what others have', () => {
  expect(againstKernel(() => ({}))).toEqual([])
  const reals = [real('10.244.1.1:8080'), real('10.244.1.2:8080'), real('10.244.1.9:8080', 0)]
  const foreign = { ...web, address: '203.0.113.9', port: 9999, realServers: [] }
  const servers = new Map<string, VirtualServer>([
    ['10.96.0.1:80/TCP', { ...web, realServers: reals }],
    ['203.0.113.9:9999/TCP', foreign],
  ])
  expect(againstKernel(() => ({ servers }))).toEqual([])
})

function withoutMark(saved: string): string {
  return saved.replaceAll(/^-A KUBE-MARK-MASQ .*\n/gm, '')
}

test('a kernel that somebody changed', () => {
  const realServers = [real('10.244.1.1:8080', 7)]
  const stale = { ...web, address: '10.96.0.7', realServers: [] }
  const servers = new Map<string, VirtualServer>([
    ['10.96.0.1:80/TCP', { ...web, scheduler: 'lc', realServers }],
    ['10.96.0.7:80/TCP', stale],
  ])
  expect(againstKernel(() => ({ servers, addresses: new Set() }), withoutMark)).toEqual([
    'Not of one Service: virtual server 10.96.0.7:80/TCP removed',
    'Not of one Service: chain nat KUBE-MARK-MASQ changed',
    'Service shop/web: virtual server 10.96.0.1:80/TCP changed; endpoint 10.244.1.2:8080 added, 10.244.1.1:8080 changed; bound address 10.96.0.1/32 added',
    '1 Service differs: 1 changed, and what is not of one Service; 5 lines to add, 3 to remove',
  ])
})
