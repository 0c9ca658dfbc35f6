import { join } from 'node:path'
import { isIPv6 } from 'node:net'
import { optional } from '../model/optional.ts'
import { bearer } from './bearer.ts'
import type { Credentials } from './credentials.ts'
import { certificateProblem } from './pem.ts'
import { RotatingFile } from './rotating-file.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * What the kubelet gives to a pod: the address in the environment, the token and the authorities of its service account
 * in files. Undefined outside of a pod.
 *
 * @param master Wins over the address.
 */
export async function inClusterCredentials(
  { environment, serviceAccount }: Surroundings,
  master: string | undefined,
): Promise<Credentials | undefined> {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment
  if (host === '' || port === '') return undefined
  const token = new RotatingFile(join(serviceAccount, 'token'), 'Service account: token')
  const authorities = new RotatingFile(join(serviceAccount, 'ca.crt'), 'Service account: ca.crt')
  const credentials: Credentials = {
    server: master ?? `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    identity: async (refused) => {
      const anew = refused !== undefined
      return { authorization: await readToken(token, anew), ca: await readAuthorities(authorities, anew) }
    },
    ...optional('caution', master === undefined ? serviceAddress(environment) : undefined),
  }
  await credentials.identity()
  return credentials
}

async function readToken(file: RotatingFile, anew: boolean): Promise<string> {
  const header = bearer(await file.read(anew))
  if (header === undefined) throw new Error('Service account: token: expected a token without blanks')
  return header
}

async function readAuthorities(file: RotatingFile, anew: boolean): Promise<string> {
  const pem = await file.read(anew)
  const problem = certificateProblem(pem)
  if (problem !== undefined) throw new Error(`Service account: ca.crt: ${problem}`)
  return pem
}

/**
 * The kubelet says the cluster IP of the Service `kubernetes` in KUBERNETES_SERVICE_HOST, which a pod may have otherwise,
 * and in KUBERNETES_PORT_443_TCP_ADDR, which nobody overrides.
 */
function serviceAddress(environment: Surroundings['environment']): string | undefined {
  const host = environment['KUBERNETES_SERVICE_HOST']
  if (host === undefined || host !== environment['KUBERNETES_PORT_443_TCP_ADDR']) return undefined
  return (
    `the API server is reached at ${host}, the cluster IP of the Service default/kubernetes, which leads nowhere on a node ` +
    'without rules: give its own address with --master, or with KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in the DaemonSet'
  )
}
