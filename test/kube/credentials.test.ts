import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ApiServer } from '../../src/kube/api-server.ts'
import type { Credentials } from '../../src/kube/credentials.ts'
import { loadCredentials, type ClusterChoice } from '../../src/kube/load-credentials.ts'
import { namespaces, services } from '../../src/kube/resource.ts'
import { Field } from '../../src/model/field.ts'
import { TestApiServer, token } from '../support/api-server.ts'
import { Folder } from '../support/folder.ts'
import { follow } from '../support/followed.ts'
import { base64, kubeconfigOf } from '../support/kubeconfig.ts'
import { makeCertificate } from '../upstream/certificate.ts'

const accounts = '/api/v1/namespaces/default/serviceaccounts'
const secrets = '/api/v1/namespaces/default/secrets'
const patient = { timeout: 30_000, interval: 100 }
let server: TestApiServer
let ca: string
let folder: Folder

beforeAll(async () => {
  server = await TestApiServer.start()
  ca = await server.authorities()
  await server.call('POST', accounts, { metadata: { name: 'agent' } })
  await server.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'agent' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'agent' }],
  })
}, 600_000)

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

beforeEach(async () => {
  folder = await Folder.make()
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

type Content = Readonly<Record<string, unknown>>

function address(): string {
  return `https://127.0.0.1:${server.port}`
}

async function load(user: Content, cluster: Content = {}, choice: ClusterChoice = {}): Promise<Credentials> {
  const here = { server: address(), 'certificate-authority-data': base64(ca), ...cluster }
  const kubeconfig = await folder.write('config', kubeconfigOf(here, user))
  return loadCredentials({ kubeconfig, ...choice })
}

/** Who the server says we are; or the status of its refusal. */
async function whoAmI(credentials: Credentials | ApiServer): Promise<string> {
  const client = credentials instanceof ApiServer ? credentials : new ApiServer(credentials)
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  try {
    const { status, text } = await client.send('POST', path, review, new AbortController().signal)
    if (status >= 300) return String(status)
    return new Field(JSON.parse(text)).get('status').get('userInfo').get('username').text() ?? ''
  } finally {
    if (client !== credentials) await client.close()
  }
}

/** A token of the service account that ends when this secret is deleted. */
async function tokenOf(secret: string): Promise<string> {
  await server.call('POST', secrets, { metadata: { name: secret } })
  const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name: secret }
  const answer = await server.call('POST', `${accounts}/agent/token`, { spec: { boundObjectRef } })
  return new Field(answer).get('status').get('token').text() ?? ''
}

/** Ends a token, and waits until the server knows. */
async function end(secret: string, bearer: string): Promise<void> {
  await server.call('DELETE', `${secrets}/${secret}`)
  const credentials = await load({ token: bearer })
  await expect.poll(() => whoAmI(credentials), patient).toBe('401')
}

const account = 'system:serviceaccount:default:agent'

test('a token', async () => {
  expect(await whoAmI(await load({ token }))).toBe('admin')
  expect(await whoAmI(await load({ token: 'wrong' }))).toBe('401')
})

test('a client certificate, in the kubeconfig and in files', async () => {
  const { cert, key } = await server.clientCertificate('jane')
  const data = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }
  expect(await whoAmI(await load(data))).toBe('jane')
  await Promise.all([folder.write('jane.crt', cert), folder.write('jane.key', key)])
  expect(await whoAmI(await load({ 'client-certificate': 'jane.crt', 'client-key': 'jane.key' }))).toBe('jane')
})

test('--context chooses among several', async () => {
  const { cert, key } = await server.clientCertificate('jane')
  const one = kubeconfigOf({ server: address(), 'certificate-authority-data': base64(ca) }, { token })
  const jane = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }
  const kubeconfig = await folder.write('config', {
    ...one,
    contexts: ['someone', 'jane'].map((user) => ({ name: `as-${user}`, context: { cluster: 'here', user } })),
    users: [
      { name: 'jane', user: jane },
      { name: 'someone', user: { token } },
    ],
    'current-context': 'as-jane',
  })
  expect(await whoAmI(await loadCredentials({ kubeconfig }))).toBe('jane')
  expect(await whoAmI(await loadCredentials({ kubeconfig, context: 'as-someone' }))).toBe('admin')
})

test('the certificate of the server is looked at, unless the kubeconfig says not to', async () => {
  using other = makeCertificate('DNS:other.test')
  const stranger = { 'certificate-authority-data': base64(other.cert) }
  await expect(whoAmI(await load({ token }, stranger))).rejects.toThrow('certificate')
  await expect(whoAmI(await load({ token }, { 'tls-server-name': 'other.test' }))).rejects.toThrow('other.test')
  expect(await whoAmI(await load({ token }, { 'tls-server-name': 'kubernetes.default.svc' }))).toBe('admin')
  const blind = { 'certificate-authority-data': '', 'insecure-skip-tls-verify': true }
  expect(await whoAmI(await load({ token }, blind))).toBe('admin')
})

test('--master leads to the server when the kubeconfig leads nowhere', async () => {
  const nowhere = { server: 'https://192.0.2.1:6443' }
  expect(await whoAmI(await load({ token }, nowhere, { master: address() }))).toBe('admin')
})

test('the service account of a pod', async () => {
  const bearer = await tokenOf('pod')
  await Promise.all([folder.write('token', bearer), folder.write('ca.crt', ca)])
  const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) }
  const surroundings = { environment, serviceAccount: folder.path, home: folder.path }
  expect(await whoAmI(await loadCredentials({}, surroundings))).toBe(account)
})

test('a token that is replaced while a reflector watches is used from then on', async () => {
  const [first, second] = [await tokenOf('first'), await tokenOf('second')]
  const tokenFile = await folder.write('token', first)
  await using followed = follow(await load({ tokenFile }), namespaces)
  await expect.poll(() => followed.said, patient).toContain('synced')
  await end('first', first)
  followed.reflector.relist()
  await expect.poll(() => followed.troubles, patient).toContainEqual(expect.stringContaining('401: Unauthorized'))
  await folder.write('token', second)
  await expect.poll(() => followed.said.filter((line) => line === 'synced').length, patient).toBe(2)
  expect(followed.troubles.join()).not.toContain(first)
}, 90_000)

test('a request that comes between the end of a token and its replacement is asked once more, and no more', async () => {
  const good = await load({ token })
  const statuses: string[] = []
  const asked: (string | undefined)[] = []
  const client = new ApiServer(
    {
      ...good,
      identity: async (refused) => {
        asked.push(refused?.authorization)
        return { ...(await good.identity()), ...(refused === undefined && { authorization: 'Bearer old' }) }
      },
    },
    { onRequest: ({ code }) => statuses.push(code) },
  )
  expect(await whoAmI(client)).toBe('admin')
  expect([statuses, asked]).toEqual([
    ['401', '201'],
    [undefined, 'Bearer old'],
  ])
  await client.close()
})

test('a plugin gives a token, and another one once the server refuses that', async () => {
  const [first, second] = [await tokenOf('plugin-1'), await tokenOf('plugin-2')]
  const issued = await folder.write('issued', first)
  const apiVersion = 'client.authentication.k8s.io/v1'
  const script = `#!/bin/sh\nprintf '{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{"token":"%s"}}' "$(cat ${issued})"\n`
  const command = await folder.write('plugin', script, 0o700)
  const client = new ApiServer(await load({ exec: { apiVersion, command, interactiveMode: 'Never' } }))
  expect(await whoAmI(client)).toBe(account)
  await folder.write('issued', second)
  await end('plugin-1', first)
  expect(await whoAmI(client)).toBe(account)
  await client.close()
}, 90_000)

test('a client certificate that is replaced is used for new connections; a watch goes on with the old one', async () => {
  const [jane, june] = [await server.clientCertificate('jane'), await server.clientCertificate('june')]
  const files = { 'client-certificate': 'client.pem', 'client-key': 'client.pem' }
  await folder.write('client.pem', jane.cert + jane.key)
  const credentials = await load(files)
  const client = new ApiServer(credentials)
  await using followed = follow(client, services)
  await expect.poll(() => followed.said, patient).toContain('synced')
  expect(await whoAmI(client)).toBe('jane')
  await folder.write('client.pem', june.cert + june.key)
  expect(await whoAmI(client)).toBe('june')
  await server.call('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 'cart' },
    spec: { ports: [{ port: 80 }] },
  })
  await expect.poll(() => followed.said, patient).toContain('put Service default/cart')
  expect([followed.troubles, followed.said.filter((line) => line === 'synced')]).toEqual([[], ['synced']])
  await client.close()
})

test('an Event is posted and patched, and every request counted', async () => {
  const figures: unknown[] = []
  const client = new ApiServer(await load({ token }), { onRequest: (one) => figures.push(one) })
  const { signal } = new AbortController()
  const events = '/api/v1/namespaces/default/events'
  const event = { metadata: { name: 'drift' }, involvedObject: { kind: 'Node', name: 'worker-1' }, count: 1 }
  const posted = await client.send('POST', events, event, signal)
  const patched = await client.send('PATCH', `${events}/drift`, { count: 2 }, signal)
  expect([posted.status, patched.status]).toEqual([201, 200])
  expect(new Field(await server.call('GET', `${events}/drift`)).get('count').value).toBe(2)
  expect((await client.send('POST', events, {}, signal)).status).toBe(422)
  const host = `127.0.0.1:${server.port}`
  expect(figures).toEqual(
    ['POST 201', 'PATCH 200', 'POST 422'].map((words) => {
      const [method, code] = words.split(' ')
      return { method, code, host, seconds: expect.any(Number) }
    }),
  )
  await client.close()
})

test('a server that does not answer is counted too', async () => {
  const codes: string[] = []
  const client = new ApiServer(await load({ token }, { server: 'https://127.0.0.1:1' }), {
    onRequest: ({ code }) => codes.push(code),
  })
  await expect(client.get('/version', 1000, new AbortController().signal)).rejects.toThrow('ECONNREFUSED')
  expect(codes).toEqual(['<error>'])
  await client.close()
})
