import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import type { TestApiServer } from './api-server.ts'

/** A file of `rulesets/clusters`, as an API server can have it. */
export interface ClusterCase {
  readonly name: string
  /** Flags of its line `# options: `; none without. */
  readonly options: readonly string[]
  readonly nodes: readonly ApiObject[]
  /** Services and EndpointSlices. */
  readonly objects: readonly ApiObject[]
}

type ApiObject = Readonly<Record<string, unknown>>

export function readCase(name: string): ClusterCase {
  const text = readFileSync(`rulesets/clusters/${name}.yaml`, 'utf8')
  const documents = parseAllDocuments(text).map((document) => recordOf(document.toJS()))
  const all = documents.flatMap((document) =>
    Array.isArray(document['items']) ? document['items'].map(recordOf) : [document],
  )
  return {
    name,
    options: /^# options: (.*)$/m.exec(text)?.[1]?.split(' ') ?? [],
    nodes: all.filter(({ kind }) => kind === 'Node'),
    objects: all.filter(({ kind }) => kind === 'Service' || kind === 'EndpointSlice'),
  }
}

/** Makes objects with their status, as kubectl and controllers would; returns what the API server refused, and why. */
export async function createObjects(server: TestApiServer, objects: readonly ApiObject[]): Promise<readonly string[]> {
  const refused: string[] = []
  for (const object of objects) {
    try {
      await createObject(server, object)
    } catch (error) {
      refused.push(`${String(object['kind'])} ${nameOf(object)}: ${String(error)}`)
    }
  }
  return refused
}

export async function deleteObjects(server: TestApiServer, objects: readonly ApiObject[]): Promise<void> {
  // Its own Service the API server would make anew, some seconds later.
  for (const object of objects.filter((each) => each['kind'] !== 'Service' || nameOf(each) !== 'kubernetes')) {
    await server.call('DELETE', `${collectionOf(object)}/${nameOf(object)}?gracePeriodSeconds=0`).catch(() => undefined)
  }
}

async function createObject(server: TestApiServer, object: ApiObject): Promise<void> {
  const path = collectionOf(object)
  // Of an object that was made elsewhere the API server takes none of these.
  const foreign = { uid: undefined, resourceVersion: undefined, creationTimestamp: undefined }
  const namespace = namespaceOf(object)
  if (namespace !== undefined) {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: namespace } }).catch(() => undefined)
  }
  await server.call('POST', path, {
    ...completed(object),
    metadata: { ...recordOf(object['metadata']), ...foreign, namespace },
  })
  const { status } = object
  if (status !== undefined) await server.call('PATCH', `${path}/${nameOf(object)}/status`, { status })
}

/** With what the API server wants to be said and the cases leave out, since no rule comes of it. */
function completed(object: ApiObject): ApiObject {
  const spec = recordOf(object['spec'])
  const both = Array.isArray(spec['clusterIPs']) && spec['clusterIPs'].length > 1
  return both ? { ...object, spec: { ipFamilyPolicy: 'RequireDualStack', ...spec } } : object
}

function collectionOf(object: ApiObject): string {
  switch (object['kind']) {
    case 'Node':
      return '/api/v1/nodes'
    case 'Service':
      return `/api/v1/namespaces/${namespaceOf(object)}/services`
    default:
      return `/apis/discovery.k8s.io/v1/namespaces/${namespaceOf(object)}/endpointslices`
  }
}

export function nameOf(object: ApiObject): string {
  return String(recordOf(object['metadata'])['name'])
}

function namespaceOf(object: ApiObject): string | undefined {
  const { namespace = 'default' } = recordOf(object['metadata'])
  return object['kind'] === 'Node' ? undefined : String(namespace)
}

function recordOf(value: unknown): ApiObject {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
