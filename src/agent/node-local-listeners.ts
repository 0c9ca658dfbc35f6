import type { Address } from '../net/address.ts'

/** What answers on the addresses of this node's DNS. */
export interface NodeLocalListeners {
  /** Opens and closes sockets until these addresses are answered and no others; returns a sentence for each that cannot be. */
  update(addresses: readonly Address[]): Promise<ReadonlyMap<Address, string>>
}
