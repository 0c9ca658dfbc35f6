import { describe, expect, test } from 'vitest'
import { settingConflicts } from '../../src/config/conflicts.ts'
import { familyMismatches } from '../../src/config/family-mismatch.ts'
import type { Settings } from '../../src/config/settings.ts'
import { describeUnused } from '../../src/config/unused-settings.ts'
import { parseCidr } from '../../src/net/cidr.ts'

const networks = (...texts: readonly string[]) => texts.flatMap((text) => parseCidr(text) ?? [])
const [four, six] = [networks('10.0.0.0/8'), networks('2001:db8::/32')]

test.each<[Settings, readonly string[]]>([
  [{}, []],
  [{ detectLocalMode: 'NodeCIDR' }, []],
  [
    { detectLocalMode: 'BridgeInterface', 'detectLocal.interfaceNamePrefix': 'cali' },
    ['detectLocalMode BridgeInterface needs detectLocal.bridgeInterface (--pod-bridge-interface)'],
  ],
  [
    { detectLocalMode: 'InterfaceNamePrefix' },
    ['detectLocalMode InterfaceNamePrefix needs detectLocal.interfaceNamePrefix (--pod-interface-name-prefix)'],
  ],
  [{ detectLocalMode: 'BridgeInterface', 'detectLocal.bridgeInterface': 'cbr0' }, []],
  [
    { 'iptables.minSyncPeriod': 31_000 },
    ['iptables.minSyncPeriod is 31000 ms, longer than iptables.syncPeriod with 30000 ms; expected at most that'],
  ],
  [{ 'iptables.minSyncPeriod': 31_000, 'iptables.syncPeriod': 31_000 }, []],
  [
    { 'ipvs.minSyncPeriod': 2_000, 'ipvs.syncPeriod': 1_000 },
    ['ipvs.minSyncPeriod is 2000 ms, longer than ipvs.syncPeriod with 1000 ms; expected at most that'],
  ],
  [{ '--cleanup': false }, []],
  [
    { '--cleanup': true, '--write-config-to': 'x' },
    [
      '--cleanup: expected the command cleanup in its place',
      '--write-config-to: nothing is written; docs/configuration.md has every default',
    ],
  ],
])('conflicts of %j', (settings, want) => {
  expect(settingConflicts(settings)).toEqual(want)
})

describe('networks of one family', () => {
  test.each<[string, Settings, readonly string[]]>([
    ['none at all', {}, []],
    ['of the primary family', { clusterCIDR: four }, []],
    ['of the primary family of bindAddress', { clusterCIDR: six, bindAddress: '::' }, []],
    [
      'of the other family alone',
      { clusterCIDR: six, bindAddress: '0.0.0.0' },
      ['clusterCIDR has no IPv4 network: IPv4 traffic of pods is not told from other'],
    ],
    [
      'of the other family alone, in an IPv6 cluster',
      { clusterCIDR: four, bindAddress: '2001:db8::1' },
      ['clusterCIDR has no IPv6 network: IPv6 traffic of pods is not told from other'],
    ],
    ['of the other family, where they do not count', { clusterCIDR: six, detectLocalMode: 'NodeCIDR' }, []],
    ['node ports of both', { clusterCIDR: [...four, ...six], nodePortAddresses: [...four, ...six] }, []],
    ['node ports of the primary alone', { clusterCIDR: four, nodePortAddresses: four }, []],
    ['node ports of the Node', { clusterCIDR: [...four, ...six], nodePortAddresses: 'primary' }, []],
    [
      'node ports of the other alone',
      { nodePortAddresses: six },
      ['nodePortAddresses has no IPv4 network: node ports are open on every IPv4 address'],
    ],
    [
      'node ports of one in a dual-stack cluster',
      { clusterCIDR: [...four, ...six], nodePortAddresses: four },
      ['nodePortAddresses has no IPv6 network: node ports are open on every IPv6 address'],
    ],
  ])('%s', (_, settings, want) => {
    expect(familyMismatches(settings)).toEqual(want)
  })
})

test('settings without effect are named by reason, unless they say what kube-proxy takes anyway', () => {
  expect(
    describeUnused({
      'ipvs.scheduler': 'rr',
      'nftables.masqueradeAll': true,
      'nftables.syncPeriod': 30_000,
      'nftables.masqueradeBit': 15,
      portRange: '300-2000',
      healthzBindAddress: { host: '0.0.0.0', port: 10256 },
      'iptables.masqueradeBit': 3,
      'clientConnection.qps': 50,
    }),
  ).toBe(
    'no effect: clientConnection.qps (a few long requests need no limit); nftables.masqueradeBit, nftables.masqueradeAll (nftables is not there yet); portRange (kube-proxy makes no use of it either)',
  )
  expect(describeUnused({ 'nftables.syncPeriod': 30_000, 'clientConnection.qps': 5 })).toBeUndefined()
  expect(describeUnused({})).toBeUndefined()
})
