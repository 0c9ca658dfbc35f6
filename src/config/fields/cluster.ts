import { used } from '../field-spec.ts'
import { period, text } from '../kind.ts'

/** How an API server is found. */
export const clusterFields = {
  'clientConnection.kubeconfig': used(
    text(),
    'kubeconfig',
    '<path>',
    'in place of -f: the cluster that a kubeconfig names',
  ),
  '--master': used(
    text(),
    'master',
    '<url>',
    'the address of its API server, in place of that of the kubeconfig or the pod',
  ),
  configSyncPeriod: used(
    period,
    'config-sync-period',
    '<time>',
    'how often everything is listed anew at the API server, give or take a quarter (default: 15m)',
  ),
}
