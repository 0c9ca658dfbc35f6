import { all, allM, outside, type RowText } from './row-text.ts'

export const terminating: readonly RowText[] = [
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

export const hints: readonly RowText[] = [
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

export const onePort: readonly RowText[] = [
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
