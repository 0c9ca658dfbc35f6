import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { parseManifests } from '../../src/agent/manifest-text.ts'

/** A cluster state from API objects; throws on a bad one. */
export function clusterOfObjects(objects: readonly unknown[]): ClusterStore {
  const text = JSON.stringify({ kind: 'List', apiVersion: 'v1', items: objects })
  const { objects: parsed, errors } = parseManifests(text, 'test')
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
  return new ClusterStore(parsed.map(({ object }) => object))
}
