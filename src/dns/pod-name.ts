import { addressLabel, labelledAddress } from './address-label.ts'
import { addressRecord } from './address-record.ts'
import { rrsetsOf, type RRset } from './rrset.ts'
import type { Origin } from './origin.ts'
import type { ZoneView } from './zone-view.ts'

/**
 * The RRsets of `10-244-1-7.shop.pod.cluster.local`, in whatever way the address is written, and of any name below, which
 * CoreDNS answers too. Undefined when it is no such name, or with verified pods when no pod has the address.
 */
export function podRRsets(zone: ZoneView, origin: Origin, name: string): readonly RRset[] | undefined {
  const { pods, ttl } = zone.options
  if (pods === undefined) return undefined
  const [pod, namespace, label] = name
    .slice(0, -origin.name.length - 1)
    .split('.')
    .reverse()
  if (pod !== 'pod' || namespace === undefined || label === undefined) return undefined
  const address = labelledAddress(label)
  const parent = `${namespace}.pod.${origin.name}`
  if (address === undefined || !zone.exists(parent)) return undefined
  return pods === 'insecure'
    ? rrsetsOf(ttl, [addressRecord(address)])
    : zone.owners.get(`${addressLabel(address)}.${parent}`)
}
