import { KubeConfig } from '@kubernetes/client-node'
import type { RequestOptions } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadCredentials } from '../../src/kube/load-credentials.ts'
import { Folder } from '../support/folder.ts'
import { base64, kubeconfigOf } from '../support/kubeconfig.ts'
import { makeCertificate } from '../upstream/certificate.ts'

const { cert, key, [Symbol.dispose]: removeCertificate } = makeCertificate('DNS:api.test')
let folder: Folder

beforeAll(async () => {
  folder = await Folder.make()
  await folder.write('both.pem', cert + key)
})

afterAll(async () => {
  removeCertificate()
  await folder[Symbol.asyncDispose]()
})

function text(value: unknown): unknown {
  return value instanceof Buffer ? value.toString() : value
}

/** What the client library of Kubernetes for JavaScript makes of the same file, in our words. */
async function independently(path: string) {
  const config = new KubeConfig()
  config.loadFromFile(path)
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const { ca, cert: certificate, key: itsKey, servername, rejectUnauthorized, headers } = options
  const authorization = new Headers(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])).get(
    'authorization',
  )
  return {
    server: config.getCurrentCluster()?.server,
    ca: text(ca),
    cert: text(certificate),
    key: text(itsKey),
    serverName: servername,
    insecure: rejectUnauthorized === false ? true : undefined,
    authorization: authorization ?? undefined,
  }
}

const server = 'https://192.0.2.1:6443'
const authority = { server, 'certificate-authority-data': base64(cert) }
const script = `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"issued"}}'`

test.each<[string, object, object]>([
  ['a token', authority, { token: 'a-token' }],
  ['a path in the address', { ...authority, server: `${server}/clusters/c-1/` }, { token: 'a-token' }],
  ['a certificate', authority, { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }],
  [
    'files',
    { server, 'certificate-authority': 'both.pem' },
    { 'client-certificate': 'both.pem', 'client-key': 'both.pem' },
  ],
  ['another name of the server', { ...authority, 'tls-server-name': 'api.test' }, { token: 'a-token' }],
  ['no look at the certificate', { server, 'insecure-skip-tls-verify': true }, { token: 'a-token' }],
  [
    'a plugin',
    authority,
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] } },
  ],
  ['nobody', authority, {}],
])('%s is read as @kubernetes/client-node reads it', async (_, cluster, user) => {
  const path = await folder.write('config', kubeconfigOf({ ...cluster }, { ...user }))
  const { server: address, serverName, insecure, identity } = await loadCredentials({ kubeconfig: path })
  const { authorization, ca, cert: certificate, key: itsKey } = await identity()
  expect({ server: address, ca, cert: certificate, key: itsKey, serverName, insecure, authorization }).toEqual(
    await independently(path),
  )
})
