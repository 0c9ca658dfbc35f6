import type { Field } from './field.ts'

/** `metadata.labels`, e.g. `{ app: 'web' }`. */
export type Labels = Readonly<Record<string, string>>

/** Undefined for an object without labels, as most slices in manifests and many pods are. */
export function parseLabels(metadata: Field): Labels | undefined {
  const labels = metadata.get('labels')
  const entries = labels.keys().flatMap((key) => {
    const text = labels.get(key).text()
    return text === undefined ? [] : [[key, text] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
