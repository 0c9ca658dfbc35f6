import { expect, test } from 'vitest'
import { chooseVariant } from '../../src/backends/iptables/variant.ts'

const hint = '*mangle\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n'
const canary = '*mangle\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n'
const services = '*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n'
const rules = (count: number) => `*filter\n${'-A INPUT -j ACCEPT\n'.repeat(count)}COMMIT\n`

test.each([
  { name: 'an empty host uses its default', nft: '', legacy: '', preferred: 'legacy', want: 'legacy' },
  { name: 'the kubelet hint wins over more rules', nft: hint, legacy: rules(50), preferred: 'legacy', want: 'nft' },
  { name: 'the kubelet hint of legacy too', nft: rules(50), legacy: hint, preferred: 'nft', want: 'legacy' },
  { name: 'an older kubelet leaves its canary', nft: '', legacy: canary, preferred: 'nft', want: 'legacy' },
  { name: 'a hint wins over service chains', nft: services, legacy: hint, preferred: 'nft', want: 'legacy' },
  {
    name: 'service chains are adopted where they are',
    nft: rules(50),
    legacy: services,
    preferred: 'nft',
    want: 'legacy',
  },
  { name: 'else the variant with more rules', nft: rules(2), legacy: rules(3), preferred: 'nft', want: 'legacy' },
  { name: 'as many rules: the default', nft: rules(3), legacy: rules(3), preferred: 'nft', want: 'nft' },
] as const)('$name', ({ nft, legacy, preferred, want }) => {
  expect(chooseVariant({ nft, legacy }, preferred)).toBe(want)
})
