import { parseCidr, type Cidr } from '../net/cidr.ts'
import type { Field } from './field.ts'
import { subdomainOf } from './name.ts'

/** A networking.k8s.io/v1 ServiceCIDR: networks that cluster IPs come from. Source: KEP-1880. */
export interface ServiceCidr {
  readonly kind: 'ServiceCIDR'
  readonly name: string
  readonly cidrs: readonly Cidr[]
}

export function parseServiceCidr(object: Field): ServiceCidr {
  const field = object.get('metadata').get('name')
  const name = subdomainOf(field)
  if (name === undefined) throw field.error('a name')
  return { kind: 'ServiceCIDR', name, cidrs: object.get('spec').get('cidrs').items().map(cidrOf) }
}

function cidrOf(field: Field): Cidr {
  const cidr = parseCidr(field.text() ?? '')
  if (cidr === undefined) throw field.error('a CIDR')
  return cidr
}
