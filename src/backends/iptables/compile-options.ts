import type { Cidr } from '../../net/cidr.ts'

/** What the text of a rule depends on besides the plan. */
export interface CompileOptions {
  /** Masquerade all traffic to cluster IPs (`--masquerade-all`). */
  readonly masqueradeAll: boolean
  /** Traffic from here is a pod's (`--cluster-cidr`); absent: no traffic to cluster IPs is taken for foreign. */
  readonly podNetwork?: Cidr
  /** More than 1000 endpoints in all: comments are left out of endpoint rules. */
  readonly largeCluster: boolean
}
