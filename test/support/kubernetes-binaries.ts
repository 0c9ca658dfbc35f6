import { accessSync, constants, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { execa } from 'execa'
import { cacheDirectory } from './cache-directory.ts'

/** Where the programs of a control plane, and what fills one, are; see {@link findBinary} for the order. */
interface Program {
  readonly command: string
  /** The directory with the go.mod that pins it. */
  readonly module: string
  /** The requirement in that go.mod that gives its version. */
  readonly required: string
  /** The package that is its main. */
  readonly main: string
  /** Where its makers offer it built. */
  readonly releases: string
}

const etcd: Program = {
  command: 'etcd',
  module: resolve('test/etcd'),
  required: 'go.etcd.io/etcd/server/v3',
  main: 'go.etcd.io/etcd/server/v3',
  releases: 'https://github.com/etcd-io/etcd/releases',
}

const apiServer: Program = {
  command: 'kube-apiserver',
  module: resolve('test/kubernetes'),
  required: 'k8s.io/kubernetes',
  main: 'k8s.io/kubernetes/cmd/kube-apiserver',
  releases: 'https://dl.k8s.io',
}

const controllerManager: Program = {
  ...apiServer,
  command: 'kube-controller-manager',
  main: 'k8s.io/kubernetes/cmd/kube-controller-manager',
}

const kubectl: Program = { ...apiServer, command: 'kubectl', main: 'k8s.io/kubernetes/cmd/kubectl' }

const kubeProxy: Program = { ...apiServer, command: 'kube-proxy', main: 'k8s.io/kubernetes/cmd/kube-proxy' }

/** Its path; the first time it may take minutes to build it, as the others. */
export function controllerManagerBinary(): Promise<string> {
  return findBinary(controllerManager)
}

export function kubectlBinary(): Promise<string> {
  return findBinary(kubectl)
}

const helm: Program = {
  command: 'helm',
  module: resolve('test/helm'),
  required: 'helm.sh/helm/v4',
  main: 'helm.sh/helm/v4/cmd/helm',
  releases: 'https://github.com/helm/helm/releases',
}

export function helmBinary(): Promise<string> {
  return findBinary(helm)
}

export function kubeProxyBinary(): Promise<string> {
  return findBinary(kubeProxy)
}

/** Their paths; the first time it may take minutes to build them. */
export async function controlPlaneBinaries(): Promise<{ readonly etcd: string; readonly apiServer: string }> {
  return { etcd: await findBinary(etcd), apiServer: await findBinary(apiServer) }
}

/** In KUBEBUILDER_ASSETS, in the cache of this user, or built by Go into that cache. */
async function findBinary(program: Program): Promise<string> {
  const { command } = program
  const cached = join(cacheOf(program), command)
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? ''
  const found = [...(assets === '' ? [] : [join(assets, command)]), cached].find(isExecutable)
  if (found !== undefined) return found
  try {
    await build(program)
    return cached
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    throw new Error(
      `No ${command} for the tests: none in KUBEBUILDER_ASSETS (${assets === '' ? 'not set' : assets}), none in the cache ` +
        `${cacheOf(program)}, and Go could not build it in ${program.module} (${reason}). ` +
        `Put the one of ${program.releases}, ${versionOf(program)}, into either directory`,
      { cause: error },
    )
  }
}

/** `~/.cache/pointsman/kubernetes-v1.36.3`. */
function cacheOf(program: Program): string {
  return join(cacheDirectory(), `${program.module.split('/').at(-1)}-${versionOf(program)}`)
}

function versionOf({ module, required }: Program): string {
  const text = readFileSync(join(module, 'go.mod'), 'utf8')
  const line = text.split('\n').find((candidate) => candidate.includes(`${required} v`))
  const version = line?.split(required)[1]?.trim().split(' ')[0]
  if (version === undefined) throw new Error(`${module}/go.mod does not require ${required}`)
  return version
}

async function build(program: Program): Promise<void> {
  mkdirSync(cacheOf(program), { recursive: true })
  // kube-apiserver reads its own version as it starts.
  const flags = `-X k8s.io/component-base/version.gitVersion=${versionOf(program)}`
  const built = join(cacheOf(program), program.command)
  // Two test files may build it at once, and neither may run what the other has half written.
  const unfinished = `${built}.${process.pid}`
  await execa('go', ['build', '-o', unfinished, '-ldflags', flags, program.main], { cwd: program.module })
  renameSync(unfinished, built)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The etcd of the distribution; undefined where it has none. */
export function packagedEtcd(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, 'etcd'))
    .find(isExecutable)
}
