import { used } from '../field-spec.ts'
import { duration, flag, integer } from '../kind.ts'
import { ipvsKernelFields } from './ipvs.ts'
import { bindAddress } from '../network-kind.ts'
import { logFields } from './log.ts'

/** What `run` sets on the node besides rules, and where it can be asked. */
export const kernelFields = {
  'conntrack.maxPerCore': used(
    integer(0),
    'conntrack-max-per-core',
    '<n>',
    'tracked connections per core (0: leave the limit alone)',
  ),
  'conntrack.min': used(integer(0), 'conntrack-min', '<n>', 'tracked connections at least'),
  'conntrack.tcpEstablishedTimeout': used(
    duration,
    'conntrack-tcp-timeout-established',
    '<time>',
    'forget an idle TCP connection after (0: leave alone)',
  ),
  'conntrack.tcpCloseWaitTimeout': used(
    duration,
    'conntrack-tcp-timeout-close-wait',
    '<time>',
    'forget a half-closed TCP connection after (0: leave alone)',
  ),
  'conntrack.tcpBeLiberal': used(
    flag,
    'conntrack-tcp-be-liberal',
    '[bool]',
    'take TCP packets outside the window for valid',
  ),
  'conntrack.udpTimeout': used(
    duration,
    'conntrack-udp-timeout',
    '<time>',
    'forget unanswered UDP after (0: leave alone)',
  ),
  'conntrack.udpStreamTimeout': used(
    duration,
    'conntrack-udp-timeout-stream',
    '<time>',
    'forget answered UDP after (0: leave alone)',
  ),
  ...ipvsKernelFields,
  oomScoreAdj: used(integer(-1000, 1000), 'oom-score-adj', '<n>', 'how readily the kernel ends us without memory'),
  metricsBindAddress: used(
    bindAddress(10249),
    'metrics-bind-address',
    '<address:port>',
    'where metrics are served; empty: nowhere (default: 127.0.0.1:10249)',
  ),
  '--metrics-port': used(
    integer(0, 65535),
    'metrics-port',
    '<port>',
    'its port where no address is given; 0: no metrics (deprecated)',
  ),
  healthzBindAddress: used(
    bindAddress(10256),
    'healthz-bind-address',
    '<address:port>',
    'where /healthz and /livez are served; empty: nowhere (default: 0.0.0.0:10256, both families)',
  ),
  '--healthz-port': used(
    integer(0, 65535),
    'healthz-port',
    '<port>',
    'its port where no address is given; 0: no /healthz (deprecated)',
  ),
  bindAddressHardFail: used(
    flag,
    'bind-address-hard-fail',
    '[bool]',
    'end where one of these two addresses cannot be listened on (default: try again)',
  ),
  '--init-only': used(flag, 'init-only', '[bool]', 'set what --conntrack-… say, which needs privileges, and end'),
  ...logFields,
}
