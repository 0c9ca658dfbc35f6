/** The counters of the kernel (nfacct objects, one set for each network namespace) that rules add to: kube-proxy's. */
export const counterNames = ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'] as const

export type CounterName = (typeof counterNames)[number]

/** Adds packet and length to a counter; matches always. The kernel refuses a rule that names a counter it has not. */
export function matchCounter(name: CounterName): string {
  return `-m nfacct --nfacct-name ${name}`
}
