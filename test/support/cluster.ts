import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { parseManifests } from '../../src/agent/manifest-text.ts'
import type { ModelObject } from '../../src/model/object.ts'

/** API objects as the agent keeps them; throws on a bad one. */
export function parseObjects(objects: readonly unknown[]): readonly ModelObject[] {
  const text = JSON.stringify({ kind: 'List', apiVersion: 'v1', items: objects })
  const { objects: parsed, errors } = parseManifests(text, 'test')
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
  return parsed.map(({ object }) => object)
}

export function clusterOfObjects(objects: readonly unknown[]): ClusterStore {
  return new ClusterStore(parseObjects(objects))
}
