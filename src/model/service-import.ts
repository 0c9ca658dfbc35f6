import { parseAddress, type Address } from '../net/address.ts'
import type { Field } from './field.ts'
import { parseMetadata, type Metadata } from './metadata.ts'
import { labelOf } from './name.ts'
import { parsePorts, type ServicePort } from './service.ts'

/** A multicluster.x-k8s.io/v1alpha1 ServiceImport: a service that clusters offer together. Source: KEP-1645. */
export interface ServiceImport extends Metadata {
  readonly kind: 'ServiceImport'
  /** `type: Headless`: DNS lists its endpoints. */
  readonly headless: boolean
  /** `spec.ips`, which reach the service in all clusters; empty when headless or not yet allocated. */
  readonly ips: readonly Address[]
  readonly ports: readonly ServicePort[]
}

export function parseServiceImport(object: Field): ServiceImport {
  const metadata = parseMetadata(object)
  labelOf(object.get('metadata').get('name'))
  const spec = object.get('spec')
  const headless = spec.get('type').oneOf(['ClusterSetIP', 'Headless']) === 'Headless'
  return {
    kind: 'ServiceImport',
    ...metadata,
    headless,
    ips: headless ? [] : spec.get('ips').items().flatMap(parseIp),
    ports: parsePorts(spec.get('ports').items()),
  }
}

function parseIp(field: Field): readonly Address[] {
  const text = field.text() ?? ''
  const address = parseAddress(text)
  if (text !== '' && address === undefined) throw field.error('an IP address')
  return address === undefined ? [] : [address]
}
