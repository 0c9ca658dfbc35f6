import { ClusterStore } from '../agent/cluster-store.ts'
import { readManifests } from '../agent/manifest-files.ts'
import type { Settings } from '../config/settings.ts'
import { ApiServer } from '../kube/api-server.ts'
import type { Credentials } from '../kube/credentials.ts'
import { listCluster } from '../kube/list-cluster.ts'
import { clusterCredentials } from './cluster-credentials.ts'
import { Failure } from './failure.ts'
import type { ClusterOptions } from './options.ts'

/** The cluster as it is now, from the files of `-f` or from its API server. */
export async function readCluster(options: ClusterOptions, settings: Settings): Promise<ClusterStore> {
  const credentials = await clusterCredentials(options, settings)
  return credentials === undefined ? readClusterFiles(options.filename ?? []) : askCluster(credentials)
}

/** Any bad input is a failure, and nothing of it is used. */
export async function readClusterFiles(paths: readonly string[]): Promise<ClusterStore> {
  const { objects, errors } = await readManifests(paths)
  if (errors.length > 0) throw new Failure(errors.map(({ message }) => message).join('\n'))
  return new ClusterStore(objects.map(({ object }) => object))
}

/** What cannot be read of a cluster is said and left out, as `run` leaves it out. */
async function askCluster(credentials: Credentials): Promise<ClusterStore> {
  const server = new ApiServer(credentials)
  try {
    const { objects, problems } = await listCluster(server)
    for (const problem of problems) console.error(problem)
    return new ClusterStore(objects)
  } finally {
    await server.close()
  }
}
