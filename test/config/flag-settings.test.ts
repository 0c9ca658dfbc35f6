import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readFlags } from '../../src/config/flag-settings.ts'
import { fields, isFieldPath, mergeSettings } from '../../src/config/settings.ts'
import { describeUnused } from '../../src/config/unused-settings.ts'

/** What kube-proxy 1.30 logs at its start: every flag it knows, with its value. */
const printed = [
  ...readFileSync('test/config/fixtures/kube-proxy-1.30.flags', 'utf8').matchAll(/^--(.*)="(.*)"$/gm),
].map(
  // So it prints an empty list.
  ([, name = '', text = '']) => [name, text === '[]' ? '' : text] as const,
)
/** Those of the program, which no setting is made from. */
const ownFlags = new Set(['config', 'help', 'version'])

test('every flag of kube-proxy is read, with the value that kube-proxy itself printed', () => {
  const texts = new Map(printed.filter(([name]) => !ownFlags.has(name)))
  const known = new Set(Object.values(fields).flatMap(({ flags }) => flags))
  expect([...texts.keys()].filter((name) => !known.has(name))).toEqual([])
  const { settings, errors } = readFlags(texts)
  expect(errors).toEqual([])
  expect(settings).toMatchObject({
    clusterCIDR: [{ text: '10.244.0.0/16' }],
    detectLocalMode: 'InterfaceNamePrefix',
    'detectLocal.interfaceNamePrefix': 'azv',
    'iptables.masqueradeBit': 14,
    'iptables.localhostNodePorts': true,
    'iptables.syncPeriod': 30_000,
    'conntrack.maxPerCore': 0,
    'conntrack.tcpEstablishedTimeout': 86_400_000,
    metricsBindAddress: { host: '0.0.0.0', port: 10249 },
    oomScoreAdj: -999,
  })
  expect(settings).toMatchObject({ 'logging.verbosity': 3 })
  // Every other is at its default.
  expect(describeUnused(settings)).toBeUndefined()
})

test('no flag is there that kube-proxy has not, but our own spellings', () => {
  const theirs = new Set(printed.map(([name]) => name))
  const ours = Object.values(fields).flatMap(({ flags }) => flags)
  expect(ours.filter((name) => !theirs.has(name))).toEqual(['node', 'mode'])
  expect(new Set(ours).size).toBe(ours.length)
})

test('two spellings of one flag must say the same', () => {
  const same = readFlags(
    new Map([
      ['node', 'a'],
      ['hostname-override', 'a'],
    ]),
  )
  expect(same).toMatchObject({ settings: { hostnameOverride: 'a' }, errors: [] })
  const other = readFlags(
    new Map([
      ['node', 'a'],
      ['hostname-override', 'b'],
    ]),
  )
  expect(other.errors.map(({ message }) => message)).toEqual([
    '--hostname-override b: --node a says otherwise; keep one of them',
  ])
})

test('all bad flags are told', () => {
  const { errors } = readFlags(
    new Map([
      ['cluster-cidr', 'x'],
      ['oom-score-adj', '2000'],
      ['nodeport-addresses', '10.0.0.0/8,a,b'],
    ]),
  )
  expect(errors.map(({ path }) => path)).toEqual([
    '--cluster-cidr',
    '--nodeport-addresses[1]',
    '--nodeport-addresses[2]',
    '--oom-score-adj',
  ])
})

test('flags win over the file, one by one; an empty one takes back what the file says', () => {
  const file = { hostnameOverride: 'from-file', 'iptables.masqueradeBit': 3, portRange: '1-2' } as const
  const { settings, cleared } = readFlags(
    new Map([
      ['hostname-override', ''],
      ['iptables-masquerade-bit', '4'],
    ]),
  )
  const merged = mergeSettings(file, settings, cleared)
  expect(Object.keys(merged).filter(isFieldPath)).toContain('portRange')
  expect(merged).toMatchObject({ 'iptables.masqueradeBit': 4, portRange: '1-2' })
  expect(merged.hostnameOverride).toBeUndefined()
})
