import { describe, expect, test } from 'vitest'
import { conntrackSysctls, conntrackWrites } from '../../src/config/conntrack.ts'
import { mergeSettings, type Settings } from '../../src/config/settings.ts'

/** A kernel of 6.1 with 8 GB of memory. */
const usual = {
  nf_conntrack_max: '262144',
  nf_conntrack_buckets: '262144',
  nf_conntrack_tcp_timeout_established: '432000',
  nf_conntrack_tcp_timeout_close_wait: '60',
  nf_conntrack_tcp_be_liberal: '0',
  nf_conntrack_udp_timeout: '30',
  nf_conntrack_udp_timeout_stream: '120',
}

function writes(settings: Settings, cores = 2, current: object = usual): readonly string[] {
  const kernel = new Map(Object.entries(current).map(([name, value]) => [`net/netfilter/${name}`, String(value)]))
  return conntrackWrites(settings, cores, kernel).map(
    ({ name, value }) => `${name.replace(/.*nf_conntrack_/, '')} ${value}`,
  )
}

test('nothing is touched unasked', () => {
  expect(writes({})).toEqual([])
  expect(writes({ 'conntrack.tcpBeLiberal': false, 'conntrack.udpTimeout': 0 }, 64, {})).toEqual([])
})

test('with a file that says nothing, as kube-proxy does', () => {
  const defaults = mergeSettings({}, {}, [])
  expect(writes(defaults)).toEqual(['tcp_timeout_established 86400', 'tcp_timeout_close_wait 3600'])
  expect(writes(defaults, 64)).toEqual([
    'max 2097152',
    'buckets 524288',
    'tcp_timeout_established 86400',
    'tcp_timeout_close_wait 3600',
  ])
})

describe('the limit', () => {
  test.each<[string, Settings, number, readonly string[]]>([
    ['per core', { 'conntrack.maxPerCore': 100_000 }, 4, ['max 400000']],
    ['at least min', { 'conntrack.maxPerCore': 1, 'conntrack.min': 300_000 }, 4, ['max 300000']],
    ['at least the default of min', { 'conntrack.maxPerCore': 1 }, 4, []],
    ['min alone', { 'conntrack.min': 2_000_000 }, 2, ['max 2000000', 'buckets 500000']],
    ['min alone, with the default for each core', { 'conntrack.min': 1 }, 16, ['max 524288']],
    ['is left alone', { 'conntrack.maxPerCore': 0, 'conntrack.min': 2_000_000 }, 64, []],
    ['is never lowered', { 'conntrack.maxPerCore': 1, 'conntrack.min': 1 }, 1, []],
    ['is not written when it is right', { 'conntrack.maxPerCore': 131_072, 'conntrack.min': 0 }, 2, []],
  ])('%s', (_, settings, cores, want) => {
    expect(writes(settings, cores)).toEqual(want)
  })

  test('buckets follow where the limit is right already', () => {
    const current = { ...usual, nf_conntrack_buckets: '16384' }
    expect(writes({ 'conntrack.maxPerCore': 131_072 }, 2, current)).toEqual(['buckets 65536'])
  })
})

test.each<[string, Settings, readonly string[]]>([
  ['raised', { 'conntrack.udpTimeout': 60_000 }, ['udp_timeout 60']],
  ['lowered too', { 'conntrack.udpStreamTimeout': 60_000 }, ['udp_timeout_stream 60']],
  ['in whole seconds', { 'conntrack.udpTimeout': 1_999 }, ['udp_timeout 1']],
  ['never to 0, which forgets at once', { 'conntrack.udpTimeout': 1 }, ['udp_timeout 1']],
  ['not when it is right', { 'conntrack.udpTimeout': 30_000 }, []],
  ['liberal', { 'conntrack.tcpBeLiberal': true }, ['tcp_be_liberal 1']],
])('timeouts: %s', (_, settings, want) => {
  expect(writes(settings)).toEqual(want)
})

test('what the kernel lacks is tried, so that it is told; every name is one that is read first', () => {
  const all = {
    'conntrack.min': 1,
    'conntrack.tcpEstablishedTimeout': 1_000,
    'conntrack.tcpCloseWaitTimeout': 1_000,
    'conntrack.tcpBeLiberal': true,
    'conntrack.udpTimeout': 1_000,
    'conntrack.udpStreamTimeout': 1_000,
  } as const
  const names = conntrackWrites(all, 2, new Map()).map(({ name }) => name)
  expect(names).toEqual(conntrackSysctls)
})

test('each names the setting that leaves it alone', () => {
  const found = conntrackWrites(mergeSettings({}, {}, []), 64, new Map())
  expect(found.map(({ unless }) => unless)).toEqual([
    'conntrack.maxPerCore: 0',
    'conntrack.maxPerCore: 0',
    'conntrack.tcpEstablishedTimeout: 0s',
    'conntrack.tcpCloseWaitTimeout: 0s',
  ])
})
