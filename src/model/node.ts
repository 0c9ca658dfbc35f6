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
}

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
  }
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
