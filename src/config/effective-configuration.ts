import { joinHostPort } from '../net/address.ts'
import type { AddressPort } from './address-port.ts'
import { formatDuration } from './duration.ts'
import type { Settings } from './settings.ts'

/**
 * A KubeProxyConfiguration as kube-proxy shows its own, with its names and in its order: what file and flags say, and where
 * they say nothing our default. What has no effect here and is not said is empty, and null where we leave the kernel alone.
 */
export function effectiveConfiguration(settings: Settings) {
  return {
    kind: 'KubeProxyConfiguration',
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    ...(settings.featureGates !== undefined && { featureGates: settings.featureGates }),
    clientConnection: clientConnection(settings),
    logging: logging(settings),
    hostnameOverride: settings.hostnameOverride ?? '',
    bindAddress: settings.bindAddress ?? '0.0.0.0',
    healthzBindAddress: place(settings.healthzBindAddress),
    metricsBindAddress: place(settings.metricsBindAddress),
    bindAddressHardFail: settings.bindAddressHardFail ?? false,
    enableProfiling: settings.enableProfiling ?? false,
    showHiddenMetricsForVersion: settings.showHiddenMetricsForVersion ?? '',
    mode: settings.mode ?? 'iptables',
    iptables: iptables(settings),
    ipvs: ipvs(settings),
    nftables: nftables(settings),
    winkernel: winkernel(settings),
    detectLocalMode: settings.detectLocalMode ?? 'ClusterCIDR',
    detectLocal: {
      bridgeInterface: settings['detectLocal.bridgeInterface'] ?? '',
      interfaceNamePrefix: settings['detectLocal.interfaceNamePrefix'] ?? '',
    },
    clusterCIDR: texts(settings.clusterCIDR ?? []).join(),
    nodePortAddresses: nodePortAddresses(settings),
    oomScoreAdj: settings.oomScoreAdj ?? null,
    conntrack: conntrack(settings),
    configSyncPeriod: time(settings.configSyncPeriod),
    portRange: settings.portRange ?? '',
    ...(settings.windowsRunAsService === true && { windowsRunAsService: true }),
  }
}

/** The file is named, not shown: it may hold secrets. */
function clientConnection(settings: Settings) {
  return {
    kubeconfig: settings['clientConnection.kubeconfig'] ?? '',
    acceptContentTypes: settings['clientConnection.acceptContentTypes'] ?? '',
    contentType: settings['clientConnection.contentType'] ?? '',
    qps: settings['clientConnection.qps'] ?? 0,
    burst: settings['clientConnection.burst'] ?? 0,
  }
}

function logging(settings: Settings) {
  return {
    format: settings['logging.format'] ?? '',
    flushFrequency: time(settings['logging.flushFrequency']),
    verbosity: settings['logging.verbosity'] ?? 0,
    ...(settings['logging.vmodule'] !== undefined && { vmodule: settings['logging.vmodule'] }),
    options: { text: logStream(settings, 'text'), json: logStream(settings, 'json') },
  }
}

function logStream(settings: Settings, format: 'text' | 'json') {
  return {
    ...(settings[`logging.options.${format}.splitStream`] === true && { splitStream: true }),
    infoBufferSize: settings[`logging.options.${format}.infoBufferSize`] ?? '0',
  }
}

function iptables(settings: Settings) {
  return {
    masqueradeBit: settings['iptables.masqueradeBit'] ?? 14,
    masqueradeAll: settings['iptables.masqueradeAll'] ?? false,
    localhostNodePorts: settings['iptables.localhostNodePorts'] ?? false,
    syncPeriod: time(settings['iptables.syncPeriod'] ?? 30_000),
    minSyncPeriod: time(settings['iptables.minSyncPeriod']),
  }
}

function ipvs(settings: Settings) {
  const excluded = settings['ipvs.excludeCIDRs']
  return {
    syncPeriod: time(settings['ipvs.syncPeriod'] ?? (settings.mode === 'ipvs' ? 30_000 : undefined)),
    minSyncPeriod: time(settings['ipvs.minSyncPeriod']),
    scheduler: settings['ipvs.scheduler'] ?? (settings.mode === 'ipvs' ? 'rr' : ''),
    excludeCIDRs: excluded === undefined ? null : texts(excluded),
    strictARP: settings['ipvs.strictARP'] ?? false,
    tcpTimeout: time(settings['ipvs.tcpTimeout']),
    tcpFinTimeout: time(settings['ipvs.tcpFinTimeout']),
    udpTimeout: time(settings['ipvs.udpTimeout']),
  }
}

function nftables(settings: Settings) {
  return {
    masqueradeBit: settings['nftables.masqueradeBit'] ?? null,
    masqueradeAll: settings['nftables.masqueradeAll'] ?? false,
    syncPeriod: time(settings['nftables.syncPeriod']),
    minSyncPeriod: time(settings['nftables.minSyncPeriod']),
  }
}

function winkernel(settings: Settings) {
  return {
    networkName: settings['winkernel.networkName'] ?? '',
    sourceVip: settings['winkernel.sourceVip'] ?? '',
    enableDSR: settings['winkernel.enableDSR'] ?? false,
    rootHnsEndpointName: settings['winkernel.rootHnsEndpointName'] ?? '',
    forwardHealthCheckVip: settings['winkernel.forwardHealthCheckVip'] ?? false,
  }
}

function conntrack(settings: Settings) {
  const established = settings['conntrack.tcpEstablishedTimeout']
  const closeWait = settings['conntrack.tcpCloseWaitTimeout']
  return {
    maxPerCore: settings['conntrack.maxPerCore'] ?? null,
    min: settings['conntrack.min'] ?? null,
    tcpEstablishedTimeout: established === undefined ? null : time(established),
    tcpCloseWaitTimeout: closeWait === undefined ? null : time(closeWait),
    tcpBeLiberal: settings['conntrack.tcpBeLiberal'] ?? false,
    udpTimeout: time(settings['conntrack.udpTimeout']),
    udpStreamTimeout: time(settings['conntrack.udpStreamTimeout']),
  }
}

function nodePortAddresses({ nodePortAddresses: networks }: Settings): readonly string[] | null {
  if (networks === undefined) return null
  return networks === 'primary' ? [networks] : texts(networks)
}

function texts(networks: readonly { readonly text: string }[]): readonly string[] {
  return networks.map(({ text }) => text)
}

function time(milliseconds = 0): string {
  return formatDuration(milliseconds)
}

/** Empty where nothing is served. */
function place(at: AddressPort | 'off' = 'off'): string {
  return at === 'off' ? '' : joinHostPort(at.host, at.port)
}
