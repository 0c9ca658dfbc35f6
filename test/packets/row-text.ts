import type { Family } from '../../src/net/family.ts'
import type { Protocol } from '../../src/net/protocol.ts'
import type { Sender } from './places.ts'
import type { serviceAddress } from './service-objects.ts'
import type { ServiceName } from './services.ts'
import type { SettingName } from './settings.ts'

/** What of a service a packet is sent to. */
export type Door =
  | keyof typeof serviceAddress
  | 'node port'
  | 'node port on the second address'
  | 'node port on localhost'
  | 'health check port'

/** Rows of the table that differ in nothing but what is listed. */
export interface RowText {
  /** Absent: usual. */
  readonly in?: SettingName
  readonly from: Sender | readonly Sender[]
  readonly to: ServiceName | readonly ServiceName[]
  readonly by: Door | readonly Door[]
  readonly want: string
  /** Absent: both. */
  readonly families?: readonly Family[]
  /** Absent: the first. */
  readonly portName?: string
  /** Absent: those of the port. */
  readonly protocol?: Protocol
  readonly port?: number
}

export const all = '1/2 here, 1/2 there'
export const allM = '1/2 here M, 1/2 there M'
/** From `here`, which must not see itself as its client. */
export const hairpin = '1/2 here M, 1/2 there'
export const addresses = ['external IP', 'load balancer IP'] as const
export const outside = [...addresses, 'node port'] as const
export const onLocalhost = 'node port on localhost'
export const everyone = ['pod', 'here', 'node', 'client', 'stranger'] as const
