import type { Field } from './field.ts'
import { labelOf } from './name.ts'

/** A v1 Namespace: DNS answers below its name only while it exists. */
export interface Namespace {
  readonly kind: 'Namespace'
  readonly name: string
}

export function parseNamespace(object: Field): Namespace {
  const field = object.get('metadata').get('name')
  const name = labelOf(field)
  if (name === undefined) throw field.error('a name')
  return { kind: 'Namespace', name }
}
