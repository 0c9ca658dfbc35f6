import { describe, expect, test } from 'vitest'
import { readFlags } from '../../src/config/flag-settings.ts'
import { fields, isFieldPath, type FieldPath } from '../../src/config/settings.ts'
import { parseField } from './support.ts'

interface Case {
  /** What a file holds, and what is read from it. */
  readonly good: readonly (readonly [value: unknown, want: unknown])[]
  /** What a file holds, and what was expected in its place. */
  readonly bad: readonly (readonly [value: unknown, expected: string])[]
}

/** What stands for "not set" in the files that kubeadm prints. */
const unset = undefined
const flags: Case = {
  good: [
    [true, true],
    [false, false],
  ],
  bad: [
    ['true', 'true or false, got "true"'],
    [1, 'true or false, got 1'],
  ],
}
const words: Case = {
  good: [
    ['a b', 'a b'],
    ['', unset],
  ],
  bad: [
    [3, 'a string, got 3'],
    [['a'], 'a string, got ["a"]'],
  ],
}
const aDuration = 'a duration of 0 or more, such as 30s or 1h30m'
const badDurations: Case['bad'] = [
  ['-1s', `${aDuration}, got "-1s"`],
  ['30', `${aDuration}, got "30"`],
  ['', `${aDuration}, got ""`],
  [30, 'a string, got 30'],
]
const durations: Case = {
  good: [
    ['1h0m0s', 3_600_000],
    ['250ms', 250],
    ['0s', 0],
  ],
  bad: badDurations,
}
const periods: Case = {
  good: [
    ['1m30s', 90_000],
    ['0s', unset],
  ],
  bad: badDurations,
}
const integers = (min: number, max = 2 ** 31 - 1): Case => ({
  good: [
    [min, min],
    [max, max],
  ],
  bad: [
    [min - 1, `an integer from ${min} to ${max}, got ${min - 1}`],
    [max + 1, `an integer from ${min} to ${max}, got ${max + 1}`],
    [1.5, `an integer from ${min} to ${max}, got 1.5`],
    ['1', `an integer from ${min} to ${max}, got "1"`],
    [true, `an integer from ${min} to ${max}, got true`],
  ],
})
const binds = (port: number): Case => ({
  good: [
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['192.0.2.1', { host: '192.0.2.1', port }],
    ['::', { host: '::', port }],
    ['', unset],
  ],
  bad: ['localhost:80', '192.0.2.1:0', '192.0.2.1:65536', ':80'].map((text) => [
    text,
    `ADDRESS:PORT, such as 127.0.0.1:${port} or [::1]:${port}, got "${text}"`,
  ]),
})
const addresses: Case = {
  good: [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['', unset],
  ],
  bad: [
    ['192.0.2', 'an IP address, got "192.0.2"'],
    ['::g', 'an IP address, got "::g"'],
    [1, 'a string, got 1'],
  ],
}
const interfaces: Case = {
  good: [
    ['cali', 'cali'],
    ['br-1.2@x', 'br-1.2@x'],
    ['', unset],
  ],
  bad: ['a b', 'x"', '0123456789abcdef'].map((text) => [
    text,
    `an interface name of at most 15 characters, got ${JSON.stringify(text)}`,
  ]),
}
const four = { family: 'IPv4', network: '10.244.0.0', prefix: 16, text: '10.244.0.0/16' }
const six = { family: 'IPv6', network: '2001:db8::', prefix: 48, text: '2001:db8::/48' }
const sizes: Case = {
  good: [
    ['0', '0'],
    ['64Ki', '64Ki'],
    ['', unset],
  ],
  bad: [
    ['many', 'a size in quotes, such as "0" or "64Ki", got "many"'],
    [0, 'a string, got 0'],
  ],
}
const podNetworks = 'a CIDR, or one of each family joined by a comma, such as 10.244.0.0/16,2001:db8::/48'

/** Every field that a file may have; the compiler misses one that is left out. */
const cases: Record<Exclude<FieldPath, `--${string}`>, Case> = {
  mode: {
    good: [
      ['iptables', 'iptables'],
      ['ipvs', 'ipvs'],
      ['', unset],
    ],
    bad: ['nftables', 'userspace', 'kernelspace', 'IPTables'].map((mode) => [
      mode,
      `one of iptables, ipvs, got "${mode}"`,
    ]),
  },
  hostnameOverride: {
    good: [
      ['worker-1.example', 'worker-1.example'],
      [' Worker-1 ', 'worker-1'],
      ['', unset],
      ['  ', unset],
    ],
    bad: [
      ['a_b', 'a DNS name (labels of a-z, 0-9 and - joined by dots, at most 253 characters), got "a_b"'],
      [7, 'a string, got 7'],
    ],
  },
  bindAddress: addresses,
  clusterCIDR: {
    good: [
      ['10.244.0.0/16', [four]],
      ['2001:db8::/48, 10.244.3.0/16', [six, four]],
      ['', unset],
    ],
    bad: [
      ...['10.244.0.0', '10.0.0.0/33', '10.0.0.0/8,10.1.0.0/16', '10.0.0.0/8,::/64,x', '10.0.0.0/8,'].map(
        (text) => [text, `${podNetworks}, got "${text}"`] as const,
      ),
      ['0.0.0.0/0', 'networks that tell pods from others: one that holds every address does not, got "0.0.0.0/0"'],
      [['10.244.0.0/16'], 'a string, got ["10.244.0.0/16"]'],
    ],
  },
  detectLocalMode: {
    good: [
      ...['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'].map((mode) => [mode, mode] as const),
      ['', unset],
    ],
    bad: [['clusterCIDR', 'one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix, got "clusterCIDR"']],
  },
  'detectLocal.bridgeInterface': interfaces,
  'detectLocal.interfaceNamePrefix': interfaces,
  nodePortAddresses: {
    good: [
      [
        ['10.244.0.0/16', '2001:db8::/48'],
        [four, six],
      ],
      [['primary'], 'primary'],
      [[], unset],
    ],
    bad: [
      ['primary', 'a list, got "primary"'],
      [[''], 'a CIDR, such as 10.244.0.0/16, got ""'],
      [['10.0.0.0/8', 'primary'], 'a CIDR: primary stands alone, got "primary"'],
    ],
  },
  'iptables.masqueradeBit': integers(0, 31),
  'iptables.masqueradeAll': flags,
  'iptables.localhostNodePorts': flags,
  'iptables.snatNodeInternalIP': flags,
  'iptables.syncPeriod': periods,
  'iptables.minSyncPeriod': periods,
  'nftables.masqueradeBit': integers(0, 31),
  'nftables.masqueradeAll': flags,
  'nftables.syncPeriod': periods,
  'nftables.minSyncPeriod': periods,
  'ipvs.syncPeriod': periods,
  'ipvs.minSyncPeriod': periods,
  'ipvs.tcpTimeout': periods,
  'ipvs.tcpFinTimeout': periods,
  'ipvs.udpTimeout': periods,
  'ipvs.strictARP': flags,
  'ipvs.scheduler': {
    good: [
      ['rr', 'rr'],
      ['', unset],
    ],
    bad: [['R R', 'one of rr, wrr, lc, wlc, lblc, lblcr, sh, dh, sed, nq, mh, fo, ovf, twos, got "R R"']],
  },
  'ipvs.excludeCIDRs': {
    good: [
      [['10.244.0.0/16'], [four]],
      [[], unset],
    ],
    bad: [
      [['x'], 'a CIDR, such as 10.244.0.0/16, got "x"'],
      ['10.0.0.0/8', 'a list, got "10.0.0.0/8"'],
    ],
  },
  'conntrack.maxPerCore': integers(0),
  'conntrack.min': integers(0),
  'conntrack.max': integers(0),
  'conntrack.tcpEstablishedTimeout': durations,
  'conntrack.tcpCloseWaitTimeout': durations,
  'conntrack.tcpBeLiberal': flags,
  'conntrack.udpTimeout': durations,
  'conntrack.udpStreamTimeout': durations,
  oomScoreAdj: integers(-1000, 1000),
  healthzBindAddress: binds(10256),
  metricsBindAddress: binds(10249),
  bindAddressHardFail: flags,
  enableProfiling: flags,
  showHiddenMetricsForVersion: {
    good: [
      ['1.36', '1.36'],
      ['', unset],
    ],
    bad: [
      ['v1.36', 'a version such as 1.36, got "v1.36"'],
      [1.36, 'a string, got 1.36'],
    ],
  },
  featureGates: {
    good: [
      [
        { B: true, A: false },
        { A: false, B: true },
      ],
      [{}, unset],
    ],
    bad: [['A=true', 'a mapping, got "A=true"']],
  },
  configSyncPeriod: periods,
  portRange: {
    good: [
      ['300-2000', '300-2000'],
      ['300+100', '300+100'],
      ['0', '0'],
      ['', unset],
    ],
    bad: [['-', 'a range of ports, such as 300-2000, got "-"']],
  },
  udpIdleTimeout: durations,
  resourceContainer: words,
  'clientConnection.kubeconfig': words,
  'clientConnection.acceptContentTypes': words,
  'clientConnection.contentType': words,
  'clientConnection.qps': {
    good: [
      [5, 5],
      [0.5, 0.5],
      [-1, -1],
    ],
    bad: [
      ['5', 'a number, got "5"'],
      [[5], 'a number, got [5]'],
    ],
  },
  'clientConnection.burst': integers(0),
  'logging.format': {
    good: [
      ['text', 'text'],
      ['json', 'json'],
      ['', unset],
    ],
    bad: [['xml', 'one of text, json, got "xml"']],
  },
  'logging.flushFrequency': {
    good: [
      [0, 0],
      [5_000_000_000, 5_000],
      ['5s', 5_000],
    ],
    bad: [
      ['5', `${aDuration}, got "5"`],
      [-1, `an integer from 0 to ${Number.MAX_SAFE_INTEGER}, got -1`],
    ],
  },
  'logging.verbosity': integers(0),
  'logging.vmodule': {
    good: [
      [
        [{ filePattern: 'proxier', verbosity: 4 }, { filePattern: 'x*' }],
        [
          { filePattern: 'proxier', verbosity: 4 },
          { filePattern: 'x*', verbosity: 0 },
        ],
      ],
    ],
    bad: [
      [['proxier=4'], 'a mapping, got "proxier=4"'],
      [[{ filePattern: 'a,b' }], 'the name of a source file without = and comma, got "a,b"'],
      [[{ verbosity: 1 }], 'the name of a source file without = and comma, got nothing'],
    ],
  },
  'logging.options.text.splitStream': flags,
  'logging.options.text.infoBufferSize': sizes,
  'logging.options.json.splitStream': flags,
  'logging.options.json.infoBufferSize': sizes,
  'winkernel.networkName': words,
  'winkernel.sourceVip': addresses,
  'winkernel.enableDSR': flags,
  'winkernel.rootHnsEndpointName': words,
  'winkernel.forwardHealthCheckVip': flags,
  windowsRunAsService: flags,
}

describe.each(Object.entries(cases))('%s', (path, { good, bad }) => {
  test.each([...good, [null, unset] as const])('%j', (value, want) => {
    expect(parseField(path, value)).toEqual({ settings: want === unset ? {} : { [path]: want }, errors: [] })
  })

  test.each(bad)('not %j', (value, expected) => {
    const { settings, errors } = parseField(path, value)
    expect(settings).toEqual({})
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(/^kp\.json, line \d+, column \d+: /)
    expect(errors[0]?.replace(/^[^:]*: /, '').replace(/^[^:]*: /, '')).toBe(`expected ${expected}`)
    expect(errors[0]).toContain(`: ${path}`)
  })
})

/** Texts for the flags of each kind of field, by the path of one that has a flag. */
const texts: Record<string, Case> = {
  'iptables.masqueradeAll': {
    good: [
      ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
      ['false', false],
      ['0', false],
    ],
    bad: [
      ['yes', 'true or false, got "yes"'],
      ['', 'true or false, got ""'],
    ],
  },
  'iptables.masqueradeBit': {
    good: [
      ['31', 31],
      ['+3', 3],
    ],
    bad: [
      ['32', 'an integer from 0 to 31, got 32'],
      ['x', 'an integer from 0 to 31, got "x"'],
      ['', 'an integer from 0 to 31, got ""'],
    ],
  },
  oomScoreAdj: { good: [['-999', -999]], bad: [['-1001', 'an integer from -1000 to 1000, got -1001']] },
  'clientConnection.qps': {
    good: [
      ['5', 5],
      ['0.5', 0.5],
    ],
    bad: [['many', 'a number, got "many"']],
  },
  'conntrack.udpTimeout': {
    good: [
      ['30s', 30_000],
      ['0', 0],
    ],
    bad: [['30', `${aDuration}, got "30"`]],
  },
  clusterCIDR: {
    good: [
      ['10.244.0.0/16,2001:db8::/48', [four, six]],
      ['', unset],
    ],
    bad: [['x', `${podNetworks}, got "x"`]],
  },
  nodePortAddresses: {
    good: [
      ['10.244.0.0/16, 2001:db8::/48', [four, six]],
      ['primary', 'primary'],
      ['', unset],
    ],
    bad: [['x', 'a CIDR, such as 10.244.0.0/16, got "x"']],
  },
  metricsBindAddress: {
    good: [
      ['192.0.2.1', { host: '192.0.2.1', port: 10249 }],
      ['', 'off'],
    ],
    bad: [['x', 'ADDRESS:PORT, such as 127.0.0.1:10249 or [::1]:10249, got "x"']],
  },
  featureGates: {
    good: [
      ['A=true,B=false', { A: true, B: false }],
      ['', unset],
    ],
    bad: [
      ['A', 'a mapping, got "A"'],
      ['A=maybe', 'true or false, got "maybe"'],
    ],
  },
  'logging.vmodule': {
    good: [
      [
        'a=1,b*=2',
        [
          { filePattern: 'a', verbosity: 1 },
          { filePattern: 'b*', verbosity: 2 },
        ],
      ],
      ['', unset],
    ],
    bad: [
      ['a', 'an integer from 0 to 2147483647, got ""'],
      ['a=1=2', 'a mapping, got "a=1=2"'],
    ],
  },
}

describe.each(Object.entries(texts))('the flag of %s', (path, { good, bad }) => {
  const [name = ''] = isFieldPath(path) ? fields[path].flags : []

  test.each(good)('%j', (text, want) => {
    const { settings, cleared, errors } = readFlags(new Map([[name, String(text)]]))
    expect(errors).toEqual([])
    expect({ settings, cleared }).toEqual(
      want === unset ? { settings: {}, cleared: [path] } : { settings: { [path]: want }, cleared: [] },
    )
  })

  test.each(bad)('not %j', (text, expected) => {
    const { errors } = readFlags(new Map([[name, String(text)]]))
    expect(errors.map(({ message }) => message.replace(/^[^:]*: /, ''))).toEqual([`expected ${expected}`])
    expect(errors[0]?.message.startsWith(`--${name}`)).toBe(true)
  })
})
