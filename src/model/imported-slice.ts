import {
  parseAddressType,
  parseEndpoints,
  parseSlicePorts,
  type Endpoint,
  type EndpointPort,
} from './endpoint-slice.ts'
import type { Field } from './field.ts'
import { parseMetadata, type Metadata } from './metadata.ts'
import { labelOf } from './name.ts'

/** A discovery.k8s.io/v1 EndpointSlice of a ServiceImport: endpoints in another cluster. Source: KEP-1645. */
export interface ImportedSlice extends Metadata {
  readonly kind: 'ImportedSlice'
  /** The name of its ServiceImport, from the label `multicluster.kubernetes.io/service-name`. */
  readonly importName: string
  /** From the label `multicluster.kubernetes.io/source-cluster`. */
  readonly cluster: string
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/** Undefined for slices that are not of an import, and for address type FQDN. */
export function parseImportedSlice(object: Field): ImportedSlice | undefined {
  const labels = object.get('metadata').get('labels')
  const importName = labelOf(labels.get('multicluster.kubernetes.io/service-name'))
  const cluster = labelOf(labels.get('multicluster.kubernetes.io/source-cluster'))
  const family = parseAddressType(object)
  if (importName === undefined || cluster === undefined || family === 'FQDN') return undefined
  return {
    kind: 'ImportedSlice',
    ...parseMetadata(object),
    importName,
    cluster,
    ports: parseSlicePorts(object),
    endpoints: parseEndpoints(object, family),
  }
}
