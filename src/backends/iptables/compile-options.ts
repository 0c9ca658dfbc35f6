import type { LocalDetector } from '../../plan/local-detector.ts'

/** What the text of a rule depends on besides the plan. */
export interface CompileOptions {
  /** Masquerade all traffic to cluster IPs (`--masquerade-all`). */
  readonly masqueradeAll: boolean
  /** Tells the traffic of pods; absent: no traffic to cluster IPs is taken for foreign. */
  readonly localDetector?: LocalDetector
  /** More than 1000 endpoints in all: comments are left out of endpoint rules. */
  readonly largeCluster: boolean
  /** Connections to node ports on 127.0.0.0/8 are counted: node ports are open there, and the kernel has the counter. */
  readonly countLocalhost: boolean
}
