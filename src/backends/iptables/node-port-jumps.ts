import type { Address } from '../../net/address.ts'
import type { BaseRules } from './base-rules.ts'

/** The base rules with node ports open on these addresses alone; `all` leaves them as they are. */
export function withNodePortAddresses(base: BaseRules, addresses: readonly Address[] | 'all'): BaseRules {
  if (addresses === 'all') return base
  const jumps = addresses.map((address) => ({
    chain: 'KUBE-SERVICES',
    spec: `-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -d ${address} -j KUBE-NODEPORTS`,
  }))
  const others = base.nat.after.filter((rule) => !rule.spec.endsWith('-j KUBE-NODEPORTS'))
  return { ...base, nat: { ...base.nat, after: [...others, ...jumps] } }
}
