import { optional } from '../model/optional.ts'
import type { Credentials, Identity, IdentitySource } from './credentials.ts'
import type { KubeconfigEntry } from './kubeconfig-entry.ts'
import { dataOrFile, kubeconfigUser, named } from './kubeconfig-user.ts'
import type { Kubeconfig } from './kubeconfig.ts'
import { certificateProblem } from './pem.ts'
import { parseServerUrl, serverUrlShape } from './server-url.ts'

/** What a context of a kubeconfig says; `context` and `master` win over the file where they are given. */
export async function kubeconfigCredentials(
  kubeconfig: Kubeconfig,
  { context, master }: { readonly context: string | undefined; readonly master: string | undefined },
): Promise<Credentials> {
  const chosen = chooseContext(kubeconfig, context)
  const cluster = referred(kubeconfig, chosen, 'cluster')
  const user = chosen.text('user') === undefined ? undefined : referred(kubeconfig, chosen, 'user')
  const server = master ?? serverOf(cluster)
  // As in client-go: over http nothing is shown that somebody on the way could use.
  if (!server.startsWith('https:')) return { server, identity: () => Promise.resolve({}) }
  const insecure = cluster.flag('insecure-skip-tls-verify')
  const authorities = authoritiesOf(cluster, insecure)
  const clusterInfo = async () => execCluster(cluster, server, await authorities(false))
  const source = user === undefined ? () => Promise.resolve({}) : kubeconfigUser(user, clusterInfo)
  const identity: IdentitySource = async (refused) => ({
    ...(await source(refused)),
    ...optional('ca', await authorities(refused !== undefined)),
  })
  await authorities(true)
  // What is wrong with a file is said now. A plugin may need what is not there yet, so it is left for the first request.
  if (user !== undefined && !user.has('exec')) await identity()
  return {
    server,
    identity,
    ...optional('serverName', cluster.text('tls-server-name')),
    ...(insecure && { insecure }),
  }
}

function chooseContext({ where, contexts, currentContext }: Kubeconfig, wanted: string | undefined): KubeconfigEntry {
  const there = contexts.size === 0 ? 'there are none' : `there are ${[...contexts.keys()].sort().join(', ')}`
  const name = wanted ?? currentContext
  if (name === undefined)
    throw new Error(`Kubeconfig ${where}: current-context: expected a context, got nothing; ${there}`)
  const context = contexts.get(name)
  const said = wanted === undefined ? 'current-context' : '--context'
  if (context === undefined) {
    throw new Error(`Kubeconfig ${where}: ${said} ${JSON.stringify(name)}: there is no such context; ${there}`)
  }
  return context
}

/** The cluster or user that a context names. */
function referred(kubeconfig: Kubeconfig, context: KubeconfigEntry, kind: 'cluster' | 'user'): KubeconfigEntry {
  const name = context.text(kind)
  if (name === undefined) throw context.error(kind, `expected the name of a ${kind}, got nothing`)
  const entry = kubeconfig[`${kind}s`].get(name)
  if (entry === undefined) throw context.error(kind, `there is no ${kind} ${JSON.stringify(name)}`)
  return entry
}

function serverOf(cluster: KubeconfigEntry): string {
  const server = parseServerUrl(cluster.text('server') ?? '')
  if (server === undefined) throw cluster.error('server', `expected ${serverUrlShape}`)
  return server
}

/** Undefined for those that Node trusts. */
function authoritiesOf(cluster: KubeconfigEntry, insecure: boolean): (anew: boolean) => Promise<string | undefined> {
  const said = dataOrFile(cluster, 'certificate-authority')
  const name = named(cluster, 'certificate-authority')
  if (cluster.text('proxy-url') !== undefined) {
    throw cluster.error('proxy-url', 'is not supported; the API server is reached without a proxy')
  }
  if (insecure && said !== undefined) {
    throw cluster.error(name, 'it is of no use with insecure-skip-tls-verify; keep one of them')
  }
  return async (anew) => {
    const pem = await said?.(anew)
    const problem = pem === undefined ? undefined : certificateProblem(pem)
    if (problem !== undefined) throw cluster.error(name, problem)
    return pem
  }
}

/** What a plugin is told of the cluster. Source: Cluster of `client.authentication.k8s.io/v1`. */
function execCluster(cluster: KubeconfigEntry, server: string, ca: Identity['ca']): Readonly<Record<string, unknown>> {
  return {
    server,
    ...optional('tls-server-name', cluster.text('tls-server-name')),
    ...optional('insecure-skip-tls-verify', cluster.flag('insecure-skip-tls-verify') || undefined),
    ...optional('certificate-authority-data', ca === undefined ? undefined : Buffer.from(ca).toString('base64')),
    config: execConfig(cluster),
  }
}

/** What the kubeconfig keeps with the cluster for plugins. */
function execConfig(cluster: KubeconfigEntry): unknown {
  return cluster.read(
    'extensions',
    (list) =>
      list
        .items()
        .find((item) => item.get('name').value === 'client.authentication.k8s.io/exec')
        ?.get('extension').value,
    'a list of names and extensions',
  )
}
