import type { Field } from './field.ts'
import { labelOf, subdomainOf } from './name.ts'

export interface Metadata {
  readonly namespace: string
  readonly name: string
}

/** `shop/cart`: how a namespaced object is keyed and spoken of. */
export function keyOf(object: Metadata): string {
  return `${object.namespace}/${object.name}`
}

/** Name and namespace; an absent namespace is `default`, as kubectl applies it. */
export function parseMetadata(object: Field): Metadata {
  const metadata = object.get('metadata')
  const name = subdomainOf(metadata.get('name'))
  if (name === undefined) throw metadata.get('name').error('a name')
  return { namespace: labelOf(metadata.get('namespace')) ?? 'default', name }
}
