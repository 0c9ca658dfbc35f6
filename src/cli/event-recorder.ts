import type { Log } from '../host/log.ts'
import { ApiServer } from '../kube/api-server.ts'
import type { Credentials } from '../kube/credentials.ts'
import { EventRecorder } from '../kube/events.ts'

/** Tells the API server what happens to this node, by connections of its own; undefined where the cluster is read from files. */
export function eventRecorder(
  from: readonly string[] | Credentials,
  nodeName: string,
  log: Log,
): EventRecorder | undefined {
  if (!('server' in from)) return undefined
  const source = { controller: 'pointsman', instance: `pointsman-${nodeName}` }
  return new EventRecorder(new ApiServer(from), source, (message) => log.warn(message))
}
