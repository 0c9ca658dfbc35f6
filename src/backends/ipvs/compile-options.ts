import type { Address } from '../../net/address.ts'
import type { IpvsScheduler } from '../../model/ipvs-scheduler.ts'

/** What virtual servers and sets of one service depend on besides its plan. */
export interface CompileOptions {
  /** The service's own, or else the node's. */
  readonly scheduler: IpvsScheduler
  /** Where node ports are open, in the family of the plan; without any the node has no node ports. */
  readonly nodePortAddresses: readonly Address[]
  /** What other interfaces of the node have: already local, so not bound to ours. */
  readonly nodeAddresses: ReadonlySet<Address>
}
