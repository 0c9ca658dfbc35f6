import type { ModelObject } from '../model/object.ts'
import type { ApiServer } from './api-server.ts'
import { isServed, ListRefused, listObjects, type Listed } from './list.ts'
import { endpointSlices, namespaces, nodes, pods, serviceImports, services, type Resource } from './resource.ts'

export interface ListedCluster {
  readonly objects: readonly ModelObject[]
  /** Sentences for the log: what cannot be read, and what may not be listed. */
  readonly problems: readonly string[]
}

/**
 * Lists once all that rules and answers come from. What only some of them come from may be forbidden to us. Throws a
 * sentence where the rest cannot be listed.
 */
export async function listCluster(server: ApiServer): Promise<ListedCluster> {
  const needed = await inOrder([services, endpointSlices].map((resource) => listObjects(server, resource)))
  const imports = (await isServed(server, serviceImports)) ? [serviceImports] : []
  const others = await inOrder([namespaces, nodes, pods, ...imports].map((resource) => listIfAllowed(server, resource)))
  const forbidden = others.filter((one) => typeof one === 'string')
  const listed = [...needed, ...others.filter((one) => typeof one !== 'string')]
  return {
    objects: listed.flatMap(({ objects }) => objects),
    problems: [
      ...listed.flatMap(({ problems }) => problems),
      ...(forbidden.length === 0
        ? []
        : [`The API server lets us list no ${forbidden.join(', no ')}; going on without`]),
    ],
  }
}

/** All of them, or what the first in the list that failed says, whichever failed first. */
async function inOrder<T>(asked: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(asked)
  return Promise.all(asked)
}

/** The kind of what may not be listed. */
async function listIfAllowed(server: ApiServer, resource: Resource): Promise<Listed | string> {
  try {
    return await listObjects(server, resource)
  } catch (error) {
    if (error instanceof ListRefused && error.status === 403) return resource.kind
    throw error
  }
}
