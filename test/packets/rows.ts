import type { Family } from '../../src/net/family.ts'
import type { Protocol } from '../../src/net/protocol.ts'
import type { Sender } from './places.ts'
import type { serviceAddress, ServiceName } from './services.ts'
import type { SettingName } from './settings.ts'

/** What of a service a packet is sent to. */
export type Door =
  | keyof typeof serviceAddress
  | 'node port'
  | 'node port on the second address'
  | 'node port on localhost'
  | 'health check port'

/** Rows of the table that differ in nothing but what is listed. */
export interface RowText {
  /** Absent: usual. */
  readonly in?: SettingName
  readonly from: Sender | readonly Sender[]
  readonly to: ServiceName | readonly ServiceName[]
  readonly by: Door | readonly Door[]
  readonly want: string
  /** Absent: both. */
  readonly families?: readonly Family[]
  /** Absent: the first. */
  readonly portName?: string
  /** Absent: those of the port. */
  readonly protocol?: Protocol
  readonly port?: number
}

const all = '1/2 here, 1/2 there'
const allM = '1/2 here M, 1/2 there M'
/** From `here`, which must not see itself as its client. */
const hairpin = '1/2 here M, 1/2 there'
const addresses = ['external IP', 'load balancer IP'] as const
const outside = [...addresses, 'node port'] as const
const onLocalhost = 'node port on localhost'
const everyone = ['pod', 'here', 'node', 'client', 'stranger'] as const

const policies: readonly RowText[] = [
  { from: 'pod', to: 'plain', by: 'cluster IP', want: all },
  { from: 'here', to: 'plain', by: 'cluster IP', want: hairpin },
  { from: ['node', 'client'], to: 'plain', by: 'cluster IP', want: allM },
  { from: everyone, to: 'plain', by: outside, want: allM },
  { from: 'localhost', to: 'plain', by: onLocalhost, want: 'untouched' },

  { from: 'pod', to: 'external-local', by: 'cluster IP', want: all },
  { from: 'here', to: 'external-local', by: 'cluster IP', want: hairpin },
  { from: ['node', 'client'], to: 'external-local', by: 'cluster IP', want: allM },
  { from: 'pod', to: 'external-local', by: outside, want: all },
  { from: 'here', to: 'external-local', by: outside, want: hairpin },
  { from: 'node', to: 'external-local', by: outside, want: allM },
  { from: 'client', to: 'external-local', by: outside, want: 'here' },
  { from: 'localhost', to: 'external-local', by: onLocalhost, want: 'untouched' },
  { from: 'client', to: 'external-local', by: 'health check port', want: 'untouched' },

  { from: 'pod', to: 'internal-local', by: 'cluster IP', want: 'here' },
  { from: ['here', 'node', 'client'], to: 'internal-local', by: 'cluster IP', want: 'here M' },
  { from: everyone, to: 'internal-local', by: outside, want: allM },

  { from: 'pod', to: 'both-local', by: 'cluster IP', want: 'here' },
  { from: ['node', 'client'], to: 'both-local', by: 'cluster IP', want: 'here M' },
  { from: 'pod', to: 'both-local', by: outside, want: all },
  { from: 'node', to: 'both-local', by: outside, want: allM },
  { from: 'client', to: 'both-local', by: outside, want: 'here' },

  { from: 'pod', to: 'two-local', by: 'cluster IP', want: '1/2 here, 1/2 beside' },
  { from: 'client', to: 'two-local', by: outside, want: '1/2 here, 1/2 beside' },
  { from: 'pod', to: 'two-local', by: outside, want: '1/3 here, 1/3 beside, 1/3 there' },

  { from: 'pod', to: 'external-ip-only', by: 'cluster IP', want: all },
  { from: 'pod', to: 'external-ip-only', by: 'external IP', want: all },
  { from: 'client', to: 'external-ip-only', by: 'external IP', want: 'here' },

  { from: 'pod', to: 'three', by: 'cluster IP', want: '1/3 here, 1/3 there, 1/3 yonder' },
  { from: 'client', to: 'four', by: 'node port', want: '1/4 here M, 1/4 beside M, 1/4 there M, 1/4 yonder M' },
  { from: 'pod', to: 'sticky', by: 'cluster IP', want: all },
  { from: 'client', to: 'sticky', by: outside, want: allM },
]

const refusals: readonly RowText[] = [
  { from: everyone, to: ['remote-only', 'internal-local-remote-only'], by: 'cluster IP', want: 'drop' },
  { from: 'client', to: ['remote-only', 'external-local-remote-only'], by: outside, want: 'drop' },
  // Pods and the node go round policy Local.
  { from: 'pod', to: ['remote-only', 'external-local-remote-only'], by: outside, want: 'there' },
  { from: 'node', to: ['remote-only', 'external-local-remote-only'], by: outside, want: 'there M' },
  { from: 'pod', to: 'external-local-remote-only', by: 'cluster IP', want: 'there' },
  { from: 'client', to: 'internal-local-remote-only', by: outside, want: 'there M' },
  // Node ports are refused on every address of the node, served or not.
  { from: 'localhost', to: 'remote-only', by: onLocalhost, want: 'drop' },
  { from: 'localhost', to: 'internal-local-remote-only', by: onLocalhost, want: 'untouched' },

  { from: everyone, to: ['idle', 'idle-local'], by: 'cluster IP', want: 'reject' },
  { from: ['pod', 'client'], to: ['idle', 'idle-local'], by: outside, want: 'reject' },
  { from: 'node', to: 'idle', by: 'node port', want: 'reject' },
  { from: 'localhost', to: 'idle', by: onLocalhost, want: 'reject' },
  // What the node sends to others is refused for cluster IPs alone.
  { from: 'node', to: 'idle', by: addresses, want: 'untouched' },
]

/** Whatever pods can be told by, and whatever is masqueraded besides. */
const masquerading: readonly RowText[] = [
  ...(['pods not detected', 'masquerade all, pods not detected'] as const).flatMap((setting): readonly RowText[] => [
    { in: setting, from: everyone, to: 'plain', by: outside, want: allM },
    { in: setting, from: 'pod', to: 'external-local', by: outside, want: 'here' },
    { in: setting, from: 'here', to: 'external-local', by: outside, want: 'here M' },
    { in: setting, from: 'node', to: 'external-local', by: outside, want: allM },
    { in: setting, from: 'client', to: 'external-local', by: outside, want: 'here' },
    { in: setting, from: 'client', to: 'internal-local', by: outside, want: allM },
    { in: setting, from: ['pod', 'client'], to: 'external-local-remote-only', by: outside, want: 'drop' },
    { in: setting, from: 'localhost', to: 'plain', by: onLocalhost, want: 'untouched' },
  ]),
  { in: 'pods not detected', from: ['pod', 'node', 'client'], to: 'plain', by: 'cluster IP', want: all },
  { in: 'pods not detected', from: 'here', to: 'plain', by: 'cluster IP', want: hairpin },
  { in: 'pods not detected', from: ['pod', 'node', 'client'], to: 'internal-local', by: 'cluster IP', want: 'here' },
  { in: 'pods not detected', from: 'here', to: 'internal-local', by: 'cluster IP', want: 'here M' },
  ...(['masquerade all', 'masquerade all, pods not detected'] as const).flatMap((setting): readonly RowText[] => [
    { in: setting, from: everyone, to: ['plain', 'external-local'], by: 'cluster IP', want: allM },
    { in: setting, from: everyone, to: 'internal-local', by: 'cluster IP', want: 'here M' },
  ]),
  { in: 'masquerade all', from: everyone, to: 'plain', by: outside, want: allM },
  { in: 'masquerade all', from: 'pod', to: 'external-local', by: outside, want: all },
  { in: 'masquerade all', from: 'here', to: 'external-local', by: outside, want: hairpin },
  { in: 'masquerade all', from: 'client', to: 'external-local', by: outside, want: 'here' },

  { in: 'pods by bridge', from: 'pod', to: 'plain', by: 'cluster IP', want: all },
  // Not a pod: it comes by another interface than the bridge.
  { in: 'pods by bridge', from: ['here', 'node', 'client'], to: 'plain', by: 'cluster IP', want: allM },
  { in: 'pods by bridge', from: 'pod', to: 'external-local', by: outside, want: all },
  { in: 'pods by bridge', from: 'here', to: 'external-local', by: outside, want: 'here M' },
  { in: 'pods by bridge', from: 'node', to: 'external-local', by: outside, want: allM },
  { in: 'pods by bridge', from: 'client', to: 'external-local', by: outside, want: 'here' },
  { in: 'pods by interface prefix', from: 'pod', to: 'plain', by: 'cluster IP', want: all },
  { in: 'pods by interface prefix', from: 'here', to: 'plain', by: 'cluster IP', want: hairpin },
  { in: 'pods by interface prefix', from: ['node', 'client'], to: 'plain', by: 'cluster IP', want: allM },
  { in: 'pods by interface prefix', from: 'here', to: 'external-local', by: outside, want: hairpin },
  { in: 'pods by interface prefix', from: 'node', to: 'external-local', by: outside, want: allM },
  { in: 'pods by interface prefix', from: 'client', to: 'external-local', by: outside, want: 'here' },
]

const loadBalancers = ['load balancer IP', 'second load balancer IP'] as const
const others = ['cluster IP', 'external IP', 'node port'] as const

/** Source ranges hold for load balancer addresses, and only for those. */
const sourceRanges: readonly RowText[] = [
  { from: ['client', 'node'], to: 'ranged', by: loadBalancers, want: allM },
  { from: ['stranger', 'pod'], to: 'ranged', by: loadBalancers, want: 'drop' },
  { from: 'stranger', to: 'ranged', by: others, want: allM },
  { from: 'pod', to: 'ranged', by: 'cluster IP', want: all },
  { from: 'client', to: 'ranged-local', by: loadBalancers, want: 'here' },
  { from: 'node', to: 'ranged-local', by: loadBalancers, want: allM },
  { from: ['stranger', 'pod'], to: 'ranged-local', by: loadBalancers, want: 'drop' },
  { from: ['stranger', 'client'], to: 'ranged-local', by: ['external IP', 'node port'], want: 'here' },
  { from: ['client', 'stranger'], to: 'ranged-remote-only', by: loadBalancers, want: 'drop' },
  { from: 'node', to: 'ranged-remote-only', by: loadBalancers, want: 'there M' },
  { from: ['client', 'stranger'], to: 'ranged-idle', by: loadBalancers, want: 'reject' },
  { from: 'pod', to: 'ranged-pods', by: loadBalancers, want: allM },
  { from: ['client', 'node'], to: 'ranged-pods', by: loadBalancers, want: 'drop' },
  { from: 'client', to: 'ranged-ipv4', by: loadBalancers, want: allM },
  { from: 'stranger', to: 'ranged-ipv4', by: loadBalancers, want: 'drop', families: ['IPv4'] },
  // No range of its family: not restricted.
  { from: 'stranger', to: 'ranged-ipv4', by: loadBalancers, want: allM, families: ['IPv6'] },

  { in: 'node owns a load balancer address', from: 'vip', to: 'ranged', by: 'load balancer IP', want: allM },
  { in: 'node owns a load balancer address', from: 'client', to: 'ranged', by: 'load balancer IP', want: allM },
  { in: 'node owns a load balancer address', from: 'stranger', to: 'ranged', by: 'load balancer IP', want: 'drop' },
]

const terminating: readonly RowText[] = [
  { from: 'pod', to: 'local-ready-and-draining', by: 'cluster IP', want: all },
  { from: 'client', to: 'local-ready-and-draining', by: outside, want: 'here' },
  { from: 'pod', to: 'local-draining', by: 'cluster IP', want: 'there' },
  { from: 'pod', to: 'local-draining', by: outside, want: 'there' },
  { from: 'client', to: 'local-draining', by: outside, want: 'here' },
  { from: 'pod', to: 'all-draining-local', by: 'cluster IP', want: all },
  { from: 'client', to: 'all-draining-local', by: outside, want: 'here' },
  { from: 'pod', to: 'remote-draining', by: 'cluster IP', want: 'there' },
  { from: 'client', to: 'remote-draining', by: outside, want: 'drop' },
  { from: ['pod', 'client'], to: 'none-usable-local', by: ['cluster IP', ...outside], want: 'reject' },
  { from: 'pod', to: 'internal-local-draining', by: 'cluster IP', want: 'here' },
  { from: 'client', to: 'internal-local-draining', by: outside, want: 'there M' },

  { from: 'pod', to: ['ready-and-draining', 'all-draining'], by: 'cluster IP', want: all },
  { from: 'client', to: ['ready-and-draining', 'all-draining'], by: outside, want: allM },
  { from: ['pod', 'client'], to: 'none-usable', by: ['cluster IP', ...outside], want: 'reject' },
]

const hints: readonly RowText[] = [
  { from: 'pod', to: 'zone-hints', by: 'cluster IP', want: '1/2 here, 1/2 yonder' },
  { from: 'client', to: 'zone-hints', by: outside, want: '1/2 here M, 1/2 yonder M' },
  { from: 'pod', to: 'zone-hint-missing', by: 'cluster IP', want: '1/3 here, 1/3 there, 1/3 yonder' },
  { from: 'pod', to: 'other-zones', by: 'cluster IP', want: all },
  // Only ready endpoints have a say, and terminating ones are taken without regard to hints.
  { from: 'pod', to: 'zone-hints-draining', by: 'cluster IP', want: 'here' },
  { from: 'pod', to: 'all-draining-zone-hints', by: 'cluster IP', want: all },
  // Policy Local knows no hints.
  { from: 'pod', to: 'zone-hints-local', by: 'cluster IP', want: 'here' },
  { from: 'client', to: 'zone-hints-local', by: outside, want: 'here' },
  { from: 'pod', to: 'zone-hints-local', by: outside, want: 'there' },
  { from: 'pod', to: 'node-hints', by: 'cluster IP', want: 'there' },
  { from: 'pod', to: 'other-nodes', by: 'cluster IP', want: 'there' },
  { from: 'pod', to: 'node-hint-missing', by: 'cluster IP', want: 'here' },
  { in: 'node without zone', from: 'pod', to: 'zone-hints', by: 'cluster IP', want: '1/3 here, 1/3 there, 1/3 yonder' },
  { in: 'node without zone', from: 'pod', to: 'other-nodes', by: 'cluster IP', want: all },
  { in: 'node without zone', from: 'pod', to: 'node-hints', by: 'cluster IP', want: 'there' },
]

const onePort: readonly RowText[] = [
  { from: 'pod', to: 'protocols', by: 'cluster IP', portName: 'dns', want: '1/2 here:5353, 1/2 yonder:5353' },
  { from: 'client', to: 'protocols', by: outside, portName: 'dns', want: '1/2 here:5353 M, 1/2 yonder:5353 M' },
  { from: 'here', to: 'protocols', by: 'cluster IP', portName: 'dns', want: '1/2 here:5353 M, 1/2 yonder:5353' },
  { from: 'pod', to: 'protocols', by: 'cluster IP', portName: 'dns-tcp', want: 'there:8053' },
  { from: 'client', to: 'protocols', by: outside, portName: 'dns-tcp', want: 'there:8053 M' },
  { from: 'pod', to: 'protocols', by: 'cluster IP', portName: 'dns-sctp', want: '1/2 here:9053, 1/2 there:9053' },
  { from: 'client', to: 'protocols', by: outside, portName: 'dns-sctp', want: '1/2 here:9053 M, 1/2 there:9053 M' },
  { from: 'pod', to: 'protocols', by: 'cluster IP', portName: 'metrics', want: 'beside' },
  {
    from: ['pod', 'client'],
    to: 'protocols',
    by: 'cluster IP',
    portName: 'metrics',
    protocol: 'UDP',
    want: 'untouched',
  },
  // The port of another service, and that of its own servers.
  { from: ['pod', 'client'], to: 'protocols', by: 'cluster IP', protocol: 'TCP', port: 80, want: 'untouched' },
  { from: ['pod', 'client'], to: 'plain', by: 'cluster IP', port: 8080, want: 'untouched' },
  { from: ['pod', 'client'], to: 'plain', by: ['cluster IP', ...outside], protocol: 'UDP', want: 'untouched' },
  { from: ['pod', 'client'], to: 'idle', by: ['cluster IP', ...outside], protocol: 'UDP', want: 'untouched' },
  { from: 'client', to: 'plain', by: 'node port', port: 80, want: 'untouched' },
  { from: 'client', to: 'plain', by: ['cluster IP', 'load balancer IP'], port: 30_010, want: 'untouched' },

  // What comes in and ends on the node never leaves it, so its source is not translated.
  { from: 'pod', to: 'on-node', by: ['cluster IP', ...outside], want: 'node' },
  { from: 'client', to: 'on-node', by: ['cluster IP', ...outside], want: 'node' },
  { from: 'node', to: 'on-node', by: ['cluster IP', ...outside], want: 'node M' },
  { from: 'client', to: 'on-node-local', by: outside, want: 'node' },
  { from: 'node', to: 'on-node-local', by: outside, want: '1/2 there M, 1/2 node M' },
]

const second = 'node port on the second address'
const nodePorts: readonly RowText[] = [
  { from: ['pod', 'client', 'node'], to: 'plain', by: second, want: allM },
  { from: 'client', to: 'external-local', by: second, want: 'here' },
  { from: 'client', to: 'idle', by: second, want: 'reject' },

  ...narrowed('node ports in one IPv4 network', ['node port'], [second], ['IPv4']),
  // Nothing is said of IPv6.
  ...narrowed('node ports in one IPv4 network', [], ['node port', second], ['IPv6']),
  ...narrowed('node ports in several networks', [], ['node port', second], ['IPv4']),
  ...narrowed('node ports in several networks', ['node port'], [second], ['IPv6']),
  ...narrowed('node ports on the primary address', [second], ['node port'], ['IPv4', 'IPv6']),
]

/** Node ports closed by some doors and open by others. */
function narrowed(
  setting: SettingName,
  closed: readonly Door[],
  open: readonly Door[],
  inFamilies: readonly Family[],
): readonly RowText[] {
  const both = { in: setting, families: inFamilies } as const
  return [
    { ...both, from: ['pod', 'client', 'node'], to: 'plain', by: closed, want: 'untouched' },
    { ...both, from: ['pod', 'client', 'node'], to: 'plain', by: open, want: allM },
    { ...both, from: 'client', to: 'plain', by: 'load balancer IP', want: allM },
    { ...both, from: 'localhost', to: 'plain', by: onLocalhost, want: 'untouched' },
    { ...both, from: 'client', to: 'idle', by: [...closed, ...open], want: 'reject' },
    { ...both, from: 'client', to: 'remote-only', by: [...closed, ...open], want: 'drop' },
  ]
}

export const rows: readonly RowText[] = [
  ...policies,
  ...refusals,
  ...masquerading,
  ...sourceRanges,
  ...terminating,
  ...hints,
  ...onePort,
  ...nodePorts,
]
