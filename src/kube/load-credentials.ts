import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { reason } from '../host/file-error.ts'
import type { Credentials } from './credentials.ts'
import { inClusterCredentials } from './in-cluster.ts'
import { kubeconfigCredentials } from './kubeconfig-credentials.ts'
import { mergeKubeconfigs, parseKubeconfig, type Kubeconfig } from './kubeconfig.ts'
import { parseServerUrl, serverUrlShape } from './server-url.ts'
import { systemSurroundings, type Surroundings } from './surroundings.ts'

/** What somebody said of the cluster; what is absent was not said. */
export interface ClusterChoice {
  /** The path of a kubeconfig. */
  readonly kubeconfig?: string
  /** One of its contexts. */
  readonly context?: string
  /** The address of the API server, in place of any other. */
  readonly master?: string
}

/**
 * Finds the API server and who to be there: the kubeconfig that was said; else, unless a context was, the service
 * account of the pod; else kubectl's kubeconfig; else nobody, at `master`. Throws one sentence, without anything secret.
 */
export async function loadCredentials(
  choice: ClusterChoice,
  surroundings: Surroundings = systemSurroundings(),
): Promise<Credentials> {
  const { kubeconfig: path, context } = choice
  const master = parseMaster(choice.master)
  const overrides = { context, master }
  if (path !== undefined) return kubeconfigCredentials(await readKubeconfig(path), overrides)
  const pod = context === undefined ? await inClusterCredentials(surroundings, master) : undefined
  if (pod !== undefined) return pod
  const files = defaultFiles(surroundings)
  const found = await Promise.all(files.map(readIfThere))
  const kubeconfig = mergeKubeconfigs(found.filter((one) => one !== undefined))
  if (kubeconfig.where !== '') return kubeconfigCredentials(kubeconfig, overrides)
  if (master !== undefined && context === undefined) return { server: master, identity: () => Promise.resolve({}) }
  throw new Error(
    `No cluster: this is no pod of one (KUBERNETES_SERVICE_HOST is not set), and there is no kubeconfig ${files.join(', ')}`,
  )
}

function parseMaster(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const master = parseServerUrl(text)
  if (master === undefined) throw new Error(`--master: expected ${serverUrlShape}`)
  return master
}

/** Those of KUBECONFIG, or else `~/.kube/config`. */
function defaultFiles({ environment, home }: Surroundings): readonly string[] {
  const said = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  return said.length > 0 ? said : [join(home, '.kube', 'config')]
}

async function readKubeconfig(path: string): Promise<Kubeconfig> {
  const kubeconfig = await readIfThere(path)
  if (kubeconfig === undefined) throw new Error(`Cannot read kubeconfig ${path}: no such file or directory`)
  return kubeconfig
}

/** As kubectl, without those of the list that are not there. */
async function readIfThere(path: string): Promise<Kubeconfig | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Error(`Cannot read kubeconfig ${path}: ${reason(error)}`, { cause: error })
  }
  return parseKubeconfig(text, path)
}
