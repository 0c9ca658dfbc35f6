import { parseAddress, type Address } from '../net/address.ts'
import { parseCidr, type Cidr } from '../net/cidr.ts'
import type { Field } from './field.ts'
import { subdomainOf } from './name.ts'
import { optional } from './optional.ts'

/** A v1 Node. */
export interface Node {
  readonly kind: 'Node'
  readonly name: string
  /** Its InternalIP addresses, then its ExternalIP addresses; host names are left out. */
  readonly addresses: readonly Address[]
  /** `spec.podCIDRs`: the networks of its pods; empty until the node has some. */
  readonly podCidrs: readonly Cidr[]
  /** Label `topology.kubernetes.io/zone`; absent when the node has none. */
  readonly zone?: string
  /** It is being deleted, or the cluster autoscaler is about to: load balancers should send it nothing new. Absent: no. */
  readonly leaving?: true
}

/** The cluster autoscaler puts it on a node before it deletes that. Source: KEP-3836. */
const leavingTaint = 'ToBeDeletedByClusterAutoscaler'

export function parseNode(object: Field): Node {
  const metadata = object.get('metadata')
  const name = subdomainOf(metadata.get('name'))
  if (name === undefined) throw metadata.get('name').error('a name')
  return {
    kind: 'Node',
    name,
    addresses: addresses(object.get('status').get('addresses').items()),
    podCidrs: podCidrs(object.get('spec')),
    ...optional('zone', metadata.get('labels').get('topology.kubernetes.io/zone').text()),
    ...optional('leaving', isLeaving(object) ? true : undefined),
  }
}

/** Whether rules for this node may differ: nothing else of a Node takes part in them, and kubelets write theirs all the time. */
export function plansDiffer(before: Node | undefined, after: Node | undefined): boolean {
  return planned(before) !== planned(after)
}

function planned(node: Node | undefined): string {
  return JSON.stringify([node?.addresses, node?.podCidrs.map(({ text }) => text), node?.zone])
}

function isLeaving(object: Field): boolean {
  if (object.get('metadata').get('deletionTimestamp').value !== undefined) return true
  const taints = object.get('spec').get('taints').items()
  return taints.some((taint) => taint.get('key').value === leavingTaint)
}

function addresses(fields: readonly Field[]): readonly Address[] {
  return ['InternalIP', 'ExternalIP'].flatMap((type) =>
    fields
      .filter((field) => field.get('type').value === type)
      .flatMap((field) => parseAddress(field.get('address').text() ?? '') ?? []),
  )
}

/** An object older than dual stack has `podCIDR` alone. */
function podCidrs(spec: Field): readonly Cidr[] {
  const listed = spec.get('podCIDRs').items()
  return (listed.length > 0 ? listed : [spec.get('podCIDR')]).flatMap((field) => {
    const text = field.text() ?? ''
    if (text === '') return []
    const cidr = parseCidr(text)
    if (cidr === undefined) throw field.error('a CIDR')
    return [cidr]
  })
}
