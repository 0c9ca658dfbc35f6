import type { Address } from '../../net/address.ts'
import { joinBaseRules, type BaseRules } from '../../xtables/base-rules.ts'

/** The base rules with node ports open on these addresses alone; `all` leaves them as they are. */
export function withNodePortAddresses(base: BaseRules, addresses: readonly Address[] | 'all'): BaseRules {
  if (addresses === 'all') return base
  const jumps = addresses.map((address) => ({
    chain: 'KUBE-SERVICES',
    spec: `-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -d ${address} -j KUBE-NODEPORTS`,
  }))
  const { nat, ...others } = withoutNodePorts(base)
  return { ...others, nat: { ...nat, after: [...nat.after, ...jumps] } }
}

/** The base rules with node ports open on loopback addresses too; `localhost` is `rulesets/base/iptables-localhost.rules`. */
export function withLocalhost(base: BaseRules, localhost: BaseRules): BaseRules {
  return joinBaseRules([withoutNodePorts(base), localhost])
}

function withoutNodePorts(base: BaseRules): BaseRules {
  return {
    ...base,
    nat: { ...base.nat, after: base.nat.after.filter(({ spec }) => !spec.endsWith('-j KUBE-NODEPORTS')) },
  }
}
