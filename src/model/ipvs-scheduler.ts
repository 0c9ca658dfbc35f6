import type { Field } from './field.ts'

/** How IPVS chooses a real server for a new connection: every scheduler that Linux 6.1 has. Source: ipvsadm(8). */
export const ipvsSchedulers = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'sh',
  'dh',
  'sed',
  'nq',
  'mh',
  'fo',
  'ovf',
  'twos',
] as const

export type IpvsScheduler = (typeof ipvsSchedulers)[number]

/**
 * The annotation `pointsman/ipvs-scheduler` of a Service: its own scheduler, in place of the node's. Undefined without
 * it, and where it names none: the API server checks no annotation, and a slip in one must not cost the Service its rules.
 */
export function annotatedScheduler(metadata: Field): IpvsScheduler | undefined {
  const { value } = metadata.get('annotations').get('pointsman/ipvs-scheduler')
  return ipvsSchedulers.find((scheduler) => scheduler === value)
}
