import { execa } from 'execa'
import { errorText } from '../host/error-text.ts'
import { optional } from '../model/optional.ts'
import { sameIdentity, type Identity } from './credentials.ts'
import { parseExecCredential, type ExecCredential } from './exec-credential.ts'
import { withoutSecrets } from './without-secrets.ts'

/** A program that says who to be. Source: client-go credential plugins, `client.authentication.k8s.io`. */
export interface ExecPlugin {
  /** A name to look for in PATH, or a path. */
  readonly command: string
  readonly args: readonly string[]
  /** Set for it beside our own environment. */
  readonly env: Readonly<Record<string, string>>
  readonly apiVersion: string
  /** What it learns of the cluster; absent unless `provideClusterInfo` asks for it. */
  readonly cluster?: () => Promise<Readonly<Record<string, unknown>>>
  /** What to do where the program is not there; empty: the kubeconfig does not say. */
  readonly installHint: string
  /** What messages call it. */
  readonly whose: string
}

const timeLimitSeconds = 60
const longestOutput = 1024 * 1024

/** What a plugin said, until it expires or the server refuses it. */
export class ExecCredentials {
  readonly #plugin: ExecPlugin
  #issued: ExecCredential | undefined
  /** While it runs, all who ask wait for the same answer. */
  #running: Promise<ExecCredential> | undefined

  constructor(plugin: ExecPlugin) {
    this.#plugin = plugin
  }

  async identity(refused: Identity | undefined): Promise<ExecCredential['identity']> {
    const issued = this.#issued
    if (issued !== undefined && issued.expires > Date.now() && !isRefused(issued, refused)) return issued.identity
    this.#running ??= runPlugin(this.#plugin).finally(() => (this.#running = undefined))
    this.#issued = await this.#running
    return this.#issued.identity
  }
}

function isRefused({ identity }: ExecCredential, refused: Identity | undefined): boolean {
  return refused !== undefined && sameIdentity({ ...refused, ...identity }, refused)
}

async function runPlugin(plugin: ExecPlugin): Promise<ExecCredential> {
  const { command, args, env, apiVersion, cluster, whose } = plugin
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { ...optional('cluster', await cluster?.()), interactive: false },
  }
  const result = await execute(command, args, { ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) })
  if (result.failed) throw new Error(`${whose}: ${failure(plugin, result)}`)
  return readCredential(result.stdout, plugin)
}

function execute(command: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  return execa(command, args, {
    env,
    stdin: 'ignore',
    timeout: timeLimitSeconds * 1000,
    maxBuffer: longestOutput,
    // Its arguments and output may be secrets, so no error with them in it is made.
    reject: false,
  })
}

type Execution = Awaited<ReturnType<typeof execute>>

function failure({ command, installHint }: ExecPlugin, result: Execution): string {
  if (result.code === 'ENOENT') {
    const hint = installHint.replaceAll(/\s+/g, ' ').slice(0, 300)
    return `there is no program ${command}${hint === '' ? '' : `; ${hint}`}`
  }
  if (result.timedOut) return `${command} did not end within ${timeLimitSeconds} seconds`
  if (result.isMaxBuffer) return `${command} printed more than ${longestOutput} bytes`
  if (result.exitCode === undefined) return `${command} could not be run (${result.code ?? result.signal ?? 'unknown'})`
  const said = withoutSecrets(result.stderr ?? '')
  return `${command} ended with exit code ${result.exitCode}${said === '' ? '' : `: ${said}`}`
}

function readCredential(text: string, { command, whose, apiVersion }: ExecPlugin): ExecCredential {
  try {
    return parseExecCredential(text, apiVersion)
  } catch (error) {
    throw new Error(`${whose}: ${command} did not print ${errorText(error)}`, { cause: error })
  }
}
