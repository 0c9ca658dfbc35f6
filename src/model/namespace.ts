import type { Field } from './field.ts'
import { parseLabels, type Labels } from './labels.ts'
import { labelOf } from './name.ts'
import { optional } from './optional.ts'

/** A v1 Namespace: DNS answers below its name only while it exists. */
export interface Namespace {
  readonly kind: 'Namespace'
  readonly name: string
  readonly labels?: Labels
}

export function parseNamespace(object: Field): Namespace {
  const metadata = object.get('metadata')
  const field = metadata.get('name')
  const name = labelOf(field)
  if (name === undefined) throw field.error('a name')
  return { kind: 'Namespace', name, ...optional('labels', parseLabels(metadata)) }
}
