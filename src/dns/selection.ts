import { matchesLabels } from '../model/label-selector.ts'
import type { Labels } from '../model/labels.ts'
import type { Namespace } from '../model/namespace.ts'
import type { ZoneOptions } from './zone-options.ts'

/** Whether a Service, EndpointSlice or pod takes part in answers. */
export function isSelected(object: { readonly labels?: Labels }, { labels = [] }: ZoneOptions): boolean {
  return matchesLabels(object.labels, labels)
}

/**
 * Whether names in a namespace are answered, PTR records too. The object is absent where manifests have none; then it has
 * no labels that could be asked for.
 */
export function isExposed(
  name: string,
  namespace: Namespace | undefined,
  { namespaces, namespaceLabels }: ZoneOptions,
): boolean {
  if (namespaces !== undefined && !namespaces.includes(name)) return false
  return namespaceLabels === undefined || (namespace !== undefined && matchesLabels(namespace.labels, namespaceLabels))
}
