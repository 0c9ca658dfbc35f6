import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { sections } from '../../src/config/file-paths.ts'
import { parseKubeProxyConfiguration } from '../../src/config/kube-proxy-configuration.ts'
import { mergeSettings } from '../../src/config/settings.ts'
import { describeUnused } from '../../src/config/unused-settings.ts'
import { header } from './support.ts'

const errorsOf = (text: string) => parseKubeProxyConfiguration(text, 'kp.yaml').errors
const fixture = (name: string) => readFileSync(`test/config/fixtures/${name}`, 'utf8')
const fourPods = { family: 'IPv4', network: '10.244.0.0', prefix: 16, text: '10.244.0.0/16' }

describe('an unknown field', () => {
  test.each([
    ['at the top', 'clusterCidr: x', 'line 3, column 1: clusterCIDR', 'clusterCidr', 'clusterCIDR'],
    ['in a section', 'iptables:\n  masqueradAll: true', 'line 4, column 3', 'iptables.masqueradAll', 'masqueradeAll'],
    ['in another case', 'OOMSCOREADJ: 1', 'line 3, column 1', 'OOMSCOREADJ', 'oomScoreAdj'],
    ['a section', 'contrack:\n  min: 1', 'line 3, column 1', 'contrack', 'conntrack'],
    [
      'three deep',
      'logging: {options: {json: {splitSteam: true}}}',
      'line 3, column 28',
      'logging.options.json.splitSteam',
      'splitStream',
    ],
    [
      'in a list',
      'logging:\n  vmodule:\n    - filePatern: a',
      'line 5, column 7',
      'logging.vmodule[0].filePatern',
      'filePattern',
    ],
    ['of another section', 'masqueradeAll: true', 'line 3, column 1', 'masqueradeAll', 'iptables.masqueradeAll'],
    [
      'of several sections',
      'conntrack:\n  syncPeriod: 1s',
      'line 4, column 3',
      'conntrack.syncPeriod',
      'iptables.syncPeriod',
    ],
    ['misspelled and misplaced', 'masqueradBit: 3', 'line 3, column 1', 'masqueradBit', 'iptables.masqueradeBit'],
    ['of v1alpha2', 'linux: {}', 'line 3, column 1', 'linux', undefined],
    ['like nothing', 'xyzzy: 1', 'line 3, column 1', 'xyzzy', undefined],
    ['that is a flag', '--master: x', 'line 3, column 1', '--master', undefined],
    ['with a dot', 'iptables.masqueradeBit: 3', 'line 3, column 1', 'iptables.masqueradeBit', undefined],
    ['with the dot of a section', 'logging.options: {json: {}}', 'line 3, column 1', 'logging.options', undefined],
  ])('%s', (_, text, place, path, nearest) => {
    const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
    expect(errorsOf(`${header}${text}\n`)).toEqual([
      `kp.yaml, ${place.replace(/: .*/, '')}: ${path}: unknown field${meant}`,
    ])
  })

  test('in every section', () => {
    for (const section of sections) {
      const path = [...section.split('.'), 'xyzzy']
      const object = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), 1)
      expect(errorsOf(`${header}${stringify(object)}`)).toEqual([
        `kp.yaml, line ${path.length + 2}, column ${path.length * 2 - 1}: ${section}.xyzzy: unknown field`,
      ])
    }
  })
})

test('all problems are told, in the order of their places', () => {
  expect(
    errorsOf(`${header}mode: nftables
nodePortAddresses: [10.0.0.0/8, x, 192.0.2.0/24, y]
iptables:
  masqueradeBit: 32
  masqueradAll: true
  syncPeriod: soon
featureGates: {A: yes, B: 1}
ipvs: [rr]
clusterCIDR: 10.0.0.0/33
`),
  ).toEqual([
    'kp.yaml, line 3, column 1: mode: expected one of iptables, ipvs, got "nftables"',
    'kp.yaml, line 4, column 33: nodePortAddresses[1]: expected a CIDR, such as 10.244.0.0/16, got "x"',
    'kp.yaml, line 4, column 50: nodePortAddresses[3]: expected a CIDR, such as 10.244.0.0/16, got "y"',
    'kp.yaml, line 6, column 3: iptables.masqueradeBit: expected an integer from 0 to 31, got 32',
    'kp.yaml, line 7, column 3: iptables.masqueradAll: unknown field; did you mean masqueradeAll?',
    'kp.yaml, line 8, column 3: iptables.syncPeriod: expected a duration of 0 or more, such as 30s or 1h30m, got "soon"',
    'kp.yaml, line 9, column 16: featureGates.A: expected true or false, got "yes"',
    'kp.yaml, line 9, column 24: featureGates.B: expected true or false, got 1',
    'kp.yaml, line 10, column 1: ipvs: expected a mapping, got ["rr"]',
    'kp.yaml, line 11, column 1: clusterCIDR: expected a CIDR, or one of each family joined by a comma, such as 10.244.0.0/16,2001:db8::/48, got "10.0.0.0/33"',
  ])
})

test.each([
  [
    '',
    [
      'line 1, column 1: apiVersion: expected kubeproxy.config.k8s.io/v1alpha1, got nothing',
      'line 1, column 1: kind: expected KubeProxyConfiguration, got nothing',
    ],
  ],
  [
    '# nothing\n',
    [
      'line 1, column 1: apiVersion: expected kubeproxy.config.k8s.io/v1alpha1, got nothing',
      'line 1, column 1: kind: expected KubeProxyConfiguration, got nothing',
    ],
  ],
  ['text', ['line 1, column 1: the document: expected a mapping, got "text"']],
  ['- 1', ['line 1, column 1: the document: expected a mapping, got [1]']],
  [
    'apiVersion: kubeproxy.config.k8s.io/v1alpha2\nkind: KubeProxyConfiguration\nlinux: {}',
    ['line 1, column 1: apiVersion: expected kubeproxy.config.k8s.io/v1alpha1, got "kubeproxy.config.k8s.io/v1alpha2"'],
  ],
  [
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeletConfiguration',
    ['line 2, column 1: kind: expected KubeProxyConfiguration, got "KubeletConfiguration"'],
  ],
  [`${header}mode: iptables\nmode: ""`, ['line 4, column 1: Map keys must be unique']],
  [
    `${header}mode: [`,
    ['line 3, column 8: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  [`${header}mode: &m iptables\nportRange: *m`, ['line 4, column 12: aliases are not read; write the value out']],
  [`${header}---\n${header}`, ['line 4, column 1: a second document begins; expected one']],
])('%j', (text, errors) => {
  expect(errorsOf(text)).toEqual(errors.map((error) => `kp.yaml, ${error}`))
})

test.each([`---\n${header}`, `${header}---\n# no more\n`, `\t${JSON.stringify(parse(header), undefined, '\t')}`])(
  'one document, with empty ones beside it, or JSON with tabs: %j',
  (text) => {
    expect(errorsOf(text)).toEqual([])
  },
)

describe('in a ConfigMap', () => {
  const kubeadm = fixture('kubeadm.configmap.yaml')

  test('as kubeadm makes it, nothing is set but its networks', () => {
    const { settings, errors } = parseKubeProxyConfiguration(kubeadm, 'cm.yaml')
    expect(errors).toEqual([])
    expect(Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== false))).toEqual({
      bindAddress: '0.0.0.0',
      clusterCIDR: [fourPods],
      'clientConnection.kubeconfig': '/var/lib/kube-proxy/kubeconfig.conf',
      'clientConnection.qps': 0,
      'clientConnection.burst': 0,
      'conntrack.udpTimeout': 0,
      'conntrack.udpStreamTimeout': 0,
      'logging.flushFrequency': 0,
      'logging.verbosity': 0,
      'logging.options.json.infoBufferSize': '0',
      'logging.options.text.infoBufferSize': '0',
    })
    expect(describeUnused(settings)).toBeUndefined()
  })

  test('as kind makes it', () => {
    const { settings, errors } = parseKubeProxyConfiguration(fixture('kind.configmap.yaml'), 'cm.yaml')
    expect(errors).toEqual([])
    expect(settings).toMatchObject({
      mode: 'iptables',
      clusterCIDR: [fourPods, { text: 'fd00:10:244::/56' }],
      'conntrack.maxPerCore': 0,
      'iptables.minSyncPeriod': 1_000,
    })
  })

  test('places count in the file where the text stands in it line by line', () => {
    const bad = kubeadm.replace('masqueradeBit: null', 'masqueradeBit: 99').replace('strictARP', 'strictArp')
    const line = (word: string) => bad.split('\n').findIndex((text) => text.includes(word)) + 1
    expect(parseKubeProxyConfiguration(bad, 'cm.yaml').errors).toEqual([
      `cm.yaml, line ${line('masqueradeBit: 99')}, column 7: iptables.masqueradeBit: expected an integer from 0 to 31, got 99`,
      `cm.yaml, line ${line('strictArp')}, column 7: ipvs.strictArp: unknown field; did you mean strictARP?`,
    ])
  })

  test('places count in the text where it does not, as in JSON', () => {
    const json = JSON.stringify(parse(kubeadm.replace('clusterCIDR', 'clusterCidr')), undefined, 4)
    expect(parseKubeProxyConfiguration(json, 'cm.json').errors).toEqual([
      'cm.json, data["config.conf"], line 10, column 1: clusterCidr: unknown field; did you mean clusterCIDR?',
    ])
  })

  test.each(['config', 'config.yaml'])('under the key %s, as others name it', (key) => {
    const text = stringify({ apiVersion: 'v1', kind: 'ConfigMap', data: { [key]: `${header}portRange: 1-2\n` } })
    expect(parseKubeProxyConfiguration(text, 'cm.yaml')).toEqual({ settings: { portRange: '1-2' }, errors: [] })
  })

  test.each([
    [
      'kind: ConfigMap\ndata: {kubeconfig.conf: x, other: y}',
      'line 2, column 1: data: expected a KubeProxyConfiguration under config.conf, config or config.yaml, got the keys kubeconfig.conf, other',
    ],
    [
      'kind: ConfigMap\n',
      'line 1, column 1: data: expected a KubeProxyConfiguration under config.conf, config or config.yaml, got the keys ',
    ],
    [
      'kind: ConfigMap\ndata: {config: {mode: x}}',
      'line 2, column 8: data.config: expected a string, got {"mode":"x"}',
    ],
  ])('without one: %j', (text, error) => {
    expect(errorsOf(text)).toEqual([`kp.yaml, ${error}`])
  })
})

test('a configuration of release 1.11, which ConfigMaps still have, says nothing that is unknown or unusual', () => {
  const { settings, errors } = parseKubeProxyConfiguration(fixture('release-1.11.yaml'), 'kp.yaml')
  expect(errors).toEqual([])
  expect(describeUnused(settings)).toBeUndefined()
})

test("kind's template has a name for the object, which no other has", () => {
  const { settings, errors } = parseKubeProxyConfiguration(fixture('kind-template.yaml'), 'kp.yaml')
  expect({ settings, errors }).toEqual({
    settings: { mode: 'iptables', 'iptables.minSyncPeriod': 1_000, 'conntrack.maxPerCore': 0 },
    errors: [],
  })
})

test('null everywhere is the same as nothing', () => {
  const nulls = Object.keys(parse(parse(fixture('kubeadm.configmap.yaml')).data['config.conf']))
    .filter((name) => name !== 'apiVersion' && name !== 'kind')
    .map((name) => `${name}: null\n`)
  expect(nulls.length).toBeGreaterThan(20)
  expect(parseKubeProxyConfiguration(header + nulls.join(''), 'kp.yaml')).toEqual({ settings: {}, errors: [] })
})

test("kube-proxy's defaults count where there is a file that does not speak of them, and nowhere else", () => {
  const { settings } = parseKubeProxyConfiguration(`${header}conntrack: {min: 5, tcpEstablishedTimeout: 0s}`, 'kp.yaml')
  expect(mergeSettings(settings, { 'conntrack.min': 7 }, [])).toEqual({
    'conntrack.maxPerCore': 32_768,
    'conntrack.min': 7,
    'conntrack.tcpEstablishedTimeout': 0,
    'conntrack.tcpCloseWaitTimeout': 3_600_000,
    oomScoreAdj: -999,
  })
  expect(mergeSettings(undefined, { 'conntrack.min': 7 }, [])).toEqual({ 'conntrack.min': 7 })
})

test('no text makes it fail: what cannot be read is told with its place', () => {
  const whole = fixture('kind.configmap.yaml')
  const inner = fixture('release-1.11.yaml')
  const scraps = fc.constantFrom(
    '',
    '\n',
    ' ',
    ':',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    '|',
    '"',
    '#',
    '&a ',
    '*a',
    '!!x ',
    '---\n',
    '\t',
    '\r\n',
    '<<: ',
    '%',
    '\u0000',
  )
  let broken = 0
  fc.assert(
    fc.property(fc.constantFrom(whole, inner), fc.nat(3000), fc.nat(40), scraps, (text, at, length, scrap) => {
      const start = at % text.length
      const { errors } = parseKubeProxyConfiguration(text.slice(0, start) + scrap + text.slice(start + length), 'f')
      if (errors.length > 0) broken++
      for (const error of errors)
        expect(error).toMatch(/^f, (data\["config.conf"\], )?line [1-9]\d*, column [1-9]\d*: \S/)
    }),
    { numRuns: 1500 },
  )
  expect(broken).toBeGreaterThan(300)
}, 30_000)

test('what is nested too deep is an error, too', () => {
  const [error] = errorsOf(`${header}mode: ${'['.repeat(3_000)}${']'.repeat(3_000)}\n`)
  expect(error).toMatch(/^kp\.yaml, line 3, column \d+: /)
})
