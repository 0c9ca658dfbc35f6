import { basename, dirname, join } from 'node:path'
import type { Field } from '../model/field.ts'
import { bearer } from './bearer.ts'
import type { Identity, IdentitySource } from './credentials.ts'
import { ExecCredentials, type ExecPlugin } from './exec-plugin.ts'
import type { KubeconfigEntry } from './kubeconfig-entry.ts'
import { certificateProblem, keyProblem } from './pem.ts'
import { RotatingFile } from './rotating-file.ts'

/** What a user of a kubeconfig shows to a server: everything of an identity but the authorities of the server. */
export type UserSource = IdentitySource

/** One part of an identity; undefined where the user has none. */
type Part = (anew: boolean) => Promise<string | undefined>

const absent: Part = () => Promise.resolve(undefined)

/** @param cluster What an exec plugin may learn of the cluster. */
export function kubeconfigUser(user: KubeconfigEntry, cluster: NonNullable<ExecPlugin['cluster']>): UserSource {
  refuseUnsupported(user)
  const own = ownIdentity(user)
  if (!user.has('exec') || own !== undefined) return own ?? (() => Promise.resolve({}))
  const exec = new ExecCredentials(readPlugin(user, cluster))
  return (refused) => exec.identity(refused)
}

const unsupported = [
  ['auth-provider', 'is not supported; use an exec plugin in its place, such as kubelogin'],
  ['as', 'is not supported; nobody is impersonated'],
  ['as-uid', 'is not supported; nobody is impersonated'],
  ['as-groups', 'is not supported; nobody is impersonated'],
  ['as-user-extra', 'is not supported; nobody is impersonated'],
] as const

function refuseUnsupported(user: KubeconfigEntry): void {
  for (const [name, problem] of unsupported) if (user.has(name)) throw user.error(name, problem)
  if (user.has('exec')) checkPlugin(user)
}

/** Undefined for a user who has nothing to show of their own, so that an exec plugin is asked. Source: client-go. */
function ownIdentity(user: KubeconfigEntry): UserSource | undefined {
  const names = ['token', 'tokenFile', 'username', 'client-certificate', 'client-certificate-data']
  if (!names.some((name) => user.text(name) !== undefined)) return undefined
  const authorization = authorizationOf(user)
  const [cert, key] = certificateOf(user)
  return async (refused) => {
    const anew = refused !== undefined
    return identityOf(user, await authorization(anew), await cert(anew), await key(anew))
  }
}

function identityOf(user: KubeconfigEntry, authorization?: string, cert?: string, key?: string): Identity {
  const problem = cert === undefined ? undefined : certificateProblem(cert)
  if (problem !== undefined) throw user.error(named(user, 'client-certificate'), problem)
  const mismatch = cert === undefined ? undefined : keyProblem(key ?? '', cert)
  if (mismatch !== undefined) throw user.error(named(user, 'client-key'), mismatch)
  return {
    ...(authorization !== undefined && { authorization }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

/** A token file wins over a token, and both over a name and password that stand beside neither. Source: client-go. */
function authorizationOf(user: KubeconfigEntry): Part {
  const [token, tokenFile, name] = [user.text('token'), user.path('tokenFile'), user.text('username')]
  if (name !== undefined && token !== undefined) throw user.error('username', 'there is a token too; keep one of them')
  if (tokenFile !== undefined) {
    const file = new RotatingFile(tokenFile, user.whose('tokenFile'))
    return async (anew) => bearerOf(user, 'tokenFile', await file.read(anew))
  }
  if (token !== undefined) return constant(bearerOf(user, 'token', token))
  if (name === undefined) return absent
  return constant(`Basic ${Buffer.from(`${name}:${user.text('password') ?? ''}`).toString('base64')}`)
}

function bearerOf(user: KubeconfigEntry, name: string, text: string): string {
  const header = bearer(text)
  if (header === undefined) throw user.error(name, 'expected a token without blanks')
  return header
}

function certificateOf(user: KubeconfigEntry): readonly [Part, Part] {
  const [cert, key] = [dataOrFile(user, 'client-certificate'), dataOrFile(user, 'client-key')]
  if (cert !== undefined && key === undefined)
    throw user.error('client-key', 'expected the key of client-certificate, got nothing')
  return cert === undefined || key === undefined ? [absent, absent] : [cert, key]
}

/** `NAME-data`, which wins, or the file of `NAME`. Undefined without either. */
export function dataOrFile(entry: KubeconfigEntry, name: string): Part | undefined {
  const data = entry.base64(`${name}-data`)
  if (data !== undefined) return constant(data)
  const path = entry.path(name)
  if (path === undefined) return undefined
  const file = new RotatingFile(path, entry.whose(name))
  return (anew) => file.read(anew)
}

/** The spelling that the kubeconfig has. */
export function named(entry: KubeconfigEntry, name: string): string {
  return entry.text(`${name}-data`) === undefined ? name : `${name}-data`
}

function constant(text: string): Part {
  return () => Promise.resolve(text)
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

function checkPlugin(user: KubeconfigEntry): void {
  if (execText(user, 'command') === '') throw user.error('exec.command', 'expected a program, got nothing')
  if (!versions.includes(execText(user, 'apiVersion'))) {
    throw user.error('exec.apiVersion', `expected one of ${versions.join(', ')}`)
  }
  if (execText(user, 'interactiveMode') === 'Always') {
    throw user.error('exec.interactiveMode', 'Always cannot be: nobody is there to answer the plugin')
  }
}

function readPlugin(user: KubeconfigEntry, cluster: NonNullable<ExecPlugin['cluster']>): ExecPlugin {
  const wantsCluster = user.read('exec', (exec) => exec.get('provideClusterInfo').flag(), 'true or false') ?? false
  const command = execText(user, 'command')
  return {
    // As in client-go: a path with a directory in it begins where the kubeconfig is, a bare name is looked for in PATH.
    command: basename(command) === command || command.startsWith('/') ? command : join(dirname(user.file), command),
    args: user.read(
      'exec',
      (exec) =>
        exec
          .get('args')
          .items()
          .map((item) => item.text() ?? ''),
      'a string',
    ),
    env: Object.fromEntries(user.read('exec', (exec) => exec.get('env').items().map(variable), 'a name and a value')),
    apiVersion: execText(user, 'apiVersion'),
    installHint: execText(user, 'installHint'),
    whose: user.whose('exec'),
    ...(wantsCluster && { cluster }),
  }
}

function execText(user: KubeconfigEntry, name: string): string {
  return user.read('exec', (exec) => exec.get(name).text(), 'a string') ?? ''
}

function variable(item: Field): readonly [string, string] {
  return [item.get('name').text() ?? '', item.get('value').text() ?? '']
}
