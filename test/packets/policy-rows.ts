import { addresses, all, allM, everyone, hairpin, onLocalhost, outside, type RowText } from './row-text.ts'

export const policies: readonly RowText[] = [
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

export const refusals: readonly RowText[] = [
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
