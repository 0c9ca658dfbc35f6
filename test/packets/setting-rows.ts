import type { Family } from '../../src/net/family.ts'
import { all, allM, everyone, hairpin, onLocalhost, outside, type Door, type RowText } from './row-text.ts'
import type { SettingName } from './settings.ts'

const second = 'node port on the second address'

/** Whatever pods can be told by, and whatever is masqueraded besides. */
export const masquerading: readonly RowText[] = [
  ...(['pods not detected', 'masquerade all, pods not detected'] as const).flatMap((setting): readonly RowText[] => [
    { in: setting, from: everyone, to: ['plain', 'internal-local'], by: outside, want: allM },
    { in: setting, from: ['pod', 'client'], to: 'external-local', by: outside, want: 'here' },
    { in: setting, from: 'here', to: 'external-local', by: outside, want: 'here M' },
    { in: setting, from: 'node', to: 'external-local', by: outside, want: allM },
    { in: setting, from: ['pod', 'client'], to: 'external-local-remote-only', by: outside, want: 'drop' },
    { in: setting, from: 'node', to: 'external-local-remote-only', by: outside, want: 'there M' },
    { in: setting, from: 'localhost', to: ['plain', 'external-local'], by: onLocalhost, want: 'untouched' },
  ]),
  { in: 'pods not detected', from: ['pod', 'node', 'client'], to: 'plain', by: 'cluster IP', want: all },
  { in: 'pods not detected', from: ['pod', 'node', 'client'], to: 'external-local', by: 'cluster IP', want: all },
  { in: 'pods not detected', from: 'here', to: ['plain', 'external-local'], by: 'cluster IP', want: hairpin },
  { in: 'pods not detected', from: ['pod', 'node', 'client'], to: 'internal-local', by: 'cluster IP', want: 'here' },
  { in: 'pods not detected', from: 'here', to: 'internal-local', by: 'cluster IP', want: 'here M' },
  ...(['masquerade all', 'masquerade all, pods not detected'] as const).flatMap((setting): readonly RowText[] => [
    { in: setting, from: everyone, to: ['plain', 'external-local'], by: 'cluster IP', want: allM },
    { in: setting, from: everyone, to: 'internal-local', by: 'cluster IP', want: 'here M' },
  ]),
  { in: 'masquerade all', from: everyone, to: ['plain', 'internal-local'], by: outside, want: allM },
  { in: 'masquerade all', from: 'pod', to: 'external-local', by: outside, want: all },
  { in: 'masquerade all', from: 'here', to: 'external-local', by: outside, want: hairpin },
  { in: 'masquerade all', from: 'node', to: 'external-local', by: outside, want: allM },
  { in: 'masquerade all', from: 'client', to: 'external-local', by: outside, want: 'here' },
  { in: 'masquerade all', from: 'localhost', to: 'plain', by: onLocalhost, want: 'untouched' },

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

export const nodePorts: readonly RowText[] = [
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
