import { expect, test } from 'vitest'
import { effectiveConfiguration } from '../../src/config/effective-configuration.ts'
import { parseKubeProxyConfiguration } from '../../src/config/kube-proxy-configuration.ts'
import { fields, mergeSettings } from '../../src/config/settings.ts'
import { header } from './support.ts'

/** What a file says, with what stands for the rest. */
function effective(yaml: string): string {
  const { settings, errors } = parseKubeProxyConfiguration(header + yaml, 'kp.yaml')
  expect(errors).toEqual([])
  const served = {
    metricsBindAddress: { host: '127.0.0.1', port: 10249 },
    healthzBindAddress: { host: '::', port: 10256 },
  }
  return JSON.stringify(effectiveConfiguration(mergeSettings({ ...served, ...settings }, {}, [])))
}

test('it is written as kube-proxy 1.36.3 writes its own', () => {
  const yaml = `
clientConnection: { kubeconfig: kc, contentType: application/vnd.kubernetes.protobuf, qps: 5, burst: 10 }
logging: { format: text, flushFrequency: 5s, verbosity: 4 }
hostnameOverride: node-1
clusterCIDR: 10.244.0.0/16,2001:db8:244::/48
iptables: { syncPeriod: 3s, localhostNodePorts: true, minSyncPeriod: 1s }
nftables: { masqueradeBit: 14 }
conntrack: { maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s }
healthzBindAddress: 0.0.0.0
configSyncPeriod: 15m
`
  expect(effective(yaml)).toBe(
    '{"kind":"KubeProxyConfiguration","apiVersion":"kubeproxy.config.k8s.io/v1alpha1","clientConnection":{"kubeconfig":"kc","acceptContentTypes":"","contentType":"application/vnd.kubernetes.protobuf","qps":5,"burst":10},"logging":{"format":"text","flushFrequency":"5s","verbosity":4,"options":{"text":{"infoBufferSize":"0"},"json":{"infoBufferSize":"0"}}},"hostnameOverride":"node-1","bindAddress":"0.0.0.0","healthzBindAddress":"0.0.0.0:10256","metricsBindAddress":"127.0.0.1:10249","bindAddressHardFail":false,"enableProfiling":false,"showHiddenMetricsForVersion":"","mode":"iptables","iptables":{"masqueradeBit":14,"masqueradeAll":false,"localhostNodePorts":true,"syncPeriod":"3s","minSyncPeriod":"1s"},"ipvs":{"syncPeriod":"0s","minSyncPeriod":"0s","scheduler":"","excludeCIDRs":null,"strictARP":false,"tcpTimeout":"0s","tcpFinTimeout":"0s","udpTimeout":"0s"},"nftables":{"masqueradeBit":14,"masqueradeAll":false,"syncPeriod":"0s","minSyncPeriod":"0s"},"winkernel":{"networkName":"","sourceVip":"","enableDSR":false,"rootHnsEndpointName":"","forwardHealthCheckVip":false},"detectLocalMode":"ClusterCIDR","detectLocal":{"bridgeInterface":"","interfaceNamePrefix":""},"clusterCIDR":"10.244.0.0/16,2001:db8:244::/48","nodePortAddresses":null,"oomScoreAdj":-999,"conntrack":{"maxPerCore":0,"min":131072,"tcpEstablishedTimeout":"0s","tcpCloseWaitTimeout":"0s","tcpBeLiberal":false,"udpTimeout":"0s","udpStreamTimeout":"0s"},"configSyncPeriod":"15m0s","portRange":""}',
  )
})

test('our defaults where nothing is said, and null where the kernel is left alone', () => {
  expect(effectiveConfiguration({})).toMatchObject({
    healthzBindAddress: '',
    metricsBindAddress: '',
    iptables: { masqueradeBit: 14, localhostNodePorts: false, syncPeriod: '30s', minSyncPeriod: '0s' },
    oomScoreAdj: null,
    conntrack: { maxPerCore: null, min: null, tcpEstablishedTimeout: null, tcpCloseWaitTimeout: null },
  })
})

test('lists and maps', () => {
  expect(JSON.parse(effective('nodePortAddresses: [192.0.2.0/24, 2001:db8::/64]'))).toMatchObject({
    nodePortAddresses: ['192.0.2.0/24', '2001:db8::/64'],
    healthzBindAddress: '[::]:10256',
  })
  expect(JSON.parse(effective('nodePortAddresses: [primary]\nfeatureGates: { A: true }'))).toMatchObject({
    nodePortAddresses: ['primary'],
    featureGates: { A: true },
  })
})

test('what it shows can be read again, and says the same', () => {
  const first = effective('ipvs: { scheduler: lc, excludeCIDRs: [10.0.0.0/8], strictARP: true }\nportRange: 1-2\n')
  const { settings, errors } = parseKubeProxyConfiguration(first, 'kp.json')
  expect(errors).toEqual([])
  expect(JSON.stringify(effectiveConfiguration(settings))).toBe(first)
})

/** Those that kube-proxy 1.36.3 does not show either. */
const notShown = ['iptables.snatNodeInternalIP', 'udpIdleTimeout', 'resourceContainer', 'conntrack.max']

test('no field of the file is forgotten', () => {
  const shown = JSON.parse(
    JSON.stringify(
      effectiveConfiguration({
        featureGates: {},
        'logging.vmodule': [],
        windowsRunAsService: true,
        'logging.options.text.splitStream': true,
        'logging.options.json.splitStream': true,
      }),
    ),
  )
  const isShown = (path: string) =>
    path
      .split('.')
      .reduce<unknown>(
        (at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined),
        shown,
      ) !== undefined
  const paths = Object.keys(fields).filter((path) => !path.startsWith('--'))
  expect(paths.filter((path) => !isShown(path))).toEqual(notShown)
})
