import { ApiSource } from '../agent/api-source.ts'
import type { ClusterSource } from '../agent/cluster-source.ts'
import { FileSource } from '../agent/file-source.ts'
import type { Corefile } from '../config/corefile/corefile.ts'
import type { Settings } from '../config/settings.ts'
import type { Log } from '../host/log.ts'
import { ApiServer, type ApiServerOptions } from '../kube/api-server.ts'
import type { Credentials } from '../kube/credentials.ts'
import { optional } from '../model/optional.ts'
import { timerMs } from './agent-settings.ts'

/** kube-proxy's default. */
const defaultSyncPeriodMs = 900_000

interface ClusterSourceOptions extends ApiServerOptions {
  readonly settings: Settings
  readonly nodeName: string
  readonly corefile: Corefile | undefined
}

/** The files of `-f`, or an API server. */
export function clusterSource(
  from: readonly string[] | Credentials,
  { settings, nodeName, corefile, onRequest }: ClusterSourceOptions,
  log: Log,
): ClusterSource {
  if (!('server' in from)) return new FileSource(from, log)
  const { caution } = from
  if (caution !== undefined) log.warn(caution)
  return new ApiSource(
    {
      server: new ApiServer(from, optional('onRequest', onRequest)),
      nodeName,
      relistMs: timerMs(settings.configSyncPeriod) ?? defaultSyncPeriodMs,
      ...optional('corefile', corefile),
      ...optional('url', caution === undefined ? from.server : undefined),
    },
    log,
  )
}
