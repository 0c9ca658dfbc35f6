import type { Settings } from '../config/settings.ts'
import type { Credentials } from '../kube/credentials.ts'
import { loadCredentials } from '../kube/load-credentials.ts'
import { optional } from '../model/optional.ts'
import { Failure } from './failure.ts'
import type { ClusterOptions } from './options.ts'

/** How to reach the cluster that options and settings name; undefined where its state comes from the files of `-f`. */
export async function clusterCredentials(
  { filename, context, flags }: Pick<ClusterOptions, 'filename' | 'context' | 'flags'>,
  settings: Settings,
): Promise<Credentials | undefined> {
  const { 'clientConnection.kubeconfig': kubeconfig, '--master': master } = settings
  if (filename !== undefined) {
    // A kubeconfig that --config names is no contradiction: the file is the cluster's own.
    const other = ['kubeconfig', 'master'].find((name) => (flags?.get(name) ?? '') !== '') ?? (context && 'context')
    if (other !== undefined)
      throw new Failure(`-f and --${other} name two sources of the cluster state; keep one of them`)
    return undefined
  }
  return loadCredentials({
    ...optional('kubeconfig', kubeconfig),
    ...optional('context', context || undefined),
    ...optional('master', master),
  })
}
