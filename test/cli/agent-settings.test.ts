import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { agentSettings, rulesetOptions } from '../../src/cli/agent-settings.ts'

test('what nothing is said of', () => {
  expect(rulesetOptions({})).toEqual({
    nodeName: hostname().toLowerCase(),
    masqueradeAll: false,
    masqueradeBit: 14,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
    localhostNodePorts: false,
  })
  expect(agentSettings({})).toEqual({})
})

test('periods are handed on', () => {
  expect(agentSettings({ 'iptables.syncPeriod': 5_000, 'iptables.minSyncPeriod': 100 })).toMatchObject({
    syncPeriodMs: 5_000,
    minSyncPeriodMs: 100,
  })
})

test('in IPVS mode its own periods count', () => {
  const ipvs = { 'ipvs.syncPeriod': 7_000, 'ipvs.minSyncPeriod': 200 }
  const both = { ...ipvs, 'iptables.syncPeriod': 5_000, 'iptables.minSyncPeriod': 100 }
  expect(agentSettings({ ...both, mode: 'ipvs' })).toMatchObject({ syncPeriodMs: 7_000, minSyncPeriodMs: 200 })
  expect(agentSettings(both)).toMatchObject({ syncPeriodMs: 5_000, minSyncPeriodMs: 100 })
})

test('of a period that no timer can keep, what one can is kept: it would run every millisecond', () => {
  const hour = 3_600_000
  expect(agentSettings({ 'iptables.syncPeriod': 1000 * hour, 'iptables.minSyncPeriod': 999 * hour })).toMatchObject({
    syncPeriodMs: 2_147_483_647,
    minSyncPeriodMs: 2_147_483_647,
  })
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['0.0.0.0', undefined],
  ['::', undefined],
])('the address of the node by bindAddress %s', (bindAddress, want) => {
  expect(rulesetOptions({ bindAddress }).nodeAddress).toBe(want)
})
