import { unused } from '../field-spec.ts'
import { duration, flag, integer, number, period, switches, text } from '../kind.ts'
import { address } from '../network-kind.ts'
import { unusedLogFields } from './log.ts'

const word = text()
const size = integer(0)
const format = unused('objects come as JSON')
const limit = unused('a few long requests need no limit')
const nftables = unused('nftables is not there yet')
const servers = unused('not there yet')
const windows = unused('this is not Windows')
const idle = unused('kube-proxy makes no use of it either')

/** kube-proxy's settings that do nothing here; those that only a flag says begin with its dashes. */
export const unusedFields = {
  'clientConnection.acceptContentTypes': format(word),
  'clientConnection.contentType': format(word, 'kube-api-content-type', ['application/vnd.kubernetes.protobuf']),
  'clientConnection.qps': limit(number, 'kube-api-qps', [0, 5]),
  'clientConnection.burst': limit(size, 'kube-api-burst', [0, 10]),

  'nftables.masqueradeBit': nftables(integer(0, 31), '', [14]),
  'nftables.masqueradeAll': nftables(flag, '', [false]),
  'nftables.syncPeriod': nftables(period, '', [30_000]),
  'nftables.minSyncPeriod': nftables(period, '', [1_000]),

  enableProfiling: servers(flag, 'profiling', [false]),
  'iptables.snatNodeInternalIP': servers(flag, '', [false]),

  featureGates: unused('they switch parts of kube-proxy')(switches, 'feature-gates'),
  showHiddenMetricsForVersion: unused('no metric is hidden')(
    text(/^\d+\.\d+$/, 'a version such as 1.36'),
    'show-hidden-metrics-for-version',
  ),
  portRange: idle(text(/^\d{1,5}([-+]\d{1,5})?$/, 'a range of ports, such as 300-2000'), 'proxy-port-range', [
    '0',
    '0-0',
  ]),
  udpIdleTimeout: idle(duration, '', [0, 250]),
  resourceContainer: idle(word, '', ['/kube-proxy']),
  'conntrack.max': idle(size, '', [0]),
  '--boot-id-file': idle(word, 'boot-id-file', ['/proc/sys/kernel/random/boot_id']),
  '--machine-id-file': idle(word, 'machine-id-file', ['/etc/machine-id,/var/lib/dbus/machine-id']),

  'winkernel.networkName': windows(word),
  'winkernel.sourceVip': windows(address),
  'winkernel.enableDSR': windows(flag, '', [false]),
  'winkernel.rootHnsEndpointName': windows(word),
  'winkernel.forwardHealthCheckVip': windows(flag, '', [false]),
  windowsRunAsService: windows(flag, '', [false]),

  ...unusedLogFields,
}
