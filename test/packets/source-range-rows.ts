import { all, allM, type RowText } from './row-text.ts'

const loadBalancers = ['load balancer IP', 'second load balancer IP'] as const
const others = ['cluster IP', 'external IP', 'node port'] as const

/** Source ranges hold for load balancer addresses, and only for those. */
export const sourceRanges: readonly RowText[] = [
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
