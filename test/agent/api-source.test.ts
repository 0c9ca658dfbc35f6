import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiSource, type ApiSourceOptions } from '../../src/agent/api-source.ts'
import type { ClusterChanges } from '../../src/agent/cluster-source.ts'
import { parseCorefile, type Corefile } from '../../src/config/corefile/corefile.ts'
import { ApiServer } from '../../src/kube/api-server.ts'
import type { Credentials } from '../../src/kube/credentials.ts'
import { objectName } from '../../src/model/object.ts'
import { TestApiServer } from '../support/api-server.ts'
import type { ClientCertificate } from '../support/client-authority.ts'
import { TcpGate } from '../support/tcp-gate.ts'

let api: TestApiServer

beforeAll(async () => {
  api = await TestApiServer.start()
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
  await api.call('POST', '/api/v1/nodes', { metadata: { name: 'worker-1' } })
  await api.call('POST', '/api/v1/nodes', { metadata: { name: 'worker-2' } })
}, 300_000)

afterAll(async () => {
  await api[Symbol.asyncDispose]()
})

function corefile(pods: string): Corefile {
  const text = `.:53 {\n kubernetes cluster.local {\n pods ${pods}\n }\n}`
  return parseCorefile({ name: 'Corefile', text }, { environment: () => undefined, files: () => [] })
}

async function credentialsOf(who: ClientCertificate): Promise<Credentials> {
  const identity = { ca: await api.authorities(), ...who }
  return { server: `https://127.0.0.1:${api.port}`, identity: () => Promise.resolve(identity) }
}

async function source(options: Partial<ApiSourceOptions> = {}, port = api.port, who?: ClientCertificate) {
  const lines: string[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) })
  const credentials = who === undefined ? await api.credentials(port) : await credentialsOf(who)
  const server = new ApiServer(credentials)
  const made = new ApiSource(
    { server, url: credentials.server, nodeName: 'worker-1', relistMs: 3_600_000, ...options },
    log,
  )
  const get = server.get.bind(server)
  let requests = 0
  server.get = (...args) => {
    requests++
    return get(...args)
  }
  return {
    source: made,
    log: () => lines.join(''),
    requests: () => requests,
    [Symbol.asyncDispose]: () => made.close(),
  }
}

function names({ put, removed }: ClusterChanges): readonly string[] {
  return [
    ...put.map((object) => `put ${objectName(object)}`),
    ...removed.map((object) => `removed ${objectName(object)}`),
  ]
    .filter((name) => !name.endsWith(' Service default/kubernetes'))
    .sort()
}

async function serve(name: string): Promise<void> {
  await api.call('POST', '/api/v1/namespaces/shop/services', { metadata: { name }, spec: { ports: [{ port: 80 }] } })
}

async function unserve(name: string): Promise<void> {
  await api.call('DELETE', `/api/v1/namespaces/shop/services/${name}`)
}

test('the first reading is complete, and has of the nodes our own; then come changes, the last word of each', async () => {
  await serve('cart')
  await using followed = await source({ corefile: corefile('insecure') })
  await followed.source.need(corefile('insecure'))
  const first = await followed.source.read()
  expect(names(first)).toEqual(
    ['default', 'kube-node-lease', 'kube-public', 'kube-system', 'shop']
      .map((name) => `put Namespace ${name}`)
      .concat('put Node worker-1', 'put Service shop/cart', 'put ServiceCIDR kubernetes')
      .sort(),
  )
  let calls = 0
  followed.source.follow(() => calls++)
  await serve('search')
  await unserve('cart')
  await unserve('search')
  await serve('checkout')
  await expect.poll(() => calls).toBeGreaterThan(0)
  const seen = new Map<string, string>()
  await expect
    .poll(async () => {
      for (const name of names(await followed.source.read())) seen.set(name.split(' ').slice(1).join(' '), name)
      return [...seen.values()].sort()
    })
    .toEqual(['put Service shop/checkout', 'removed Service shop/cart', 'removed Service shop/search'])
  await unserve('checkout')
})

test('a reading waits for a server that is not there yet', async () => {
  await using gate = await TcpGate.to(api.port)
  gate.cut()
  await using followed = await source({}, gate.port)
  let complete = false
  const reading = followed.source.read().then((changes) => {
    complete = true
    return changes
  })
  await expect.poll(followed.log).toContain('Cannot watch')
  expect(complete).toBe(false)
  gate.open()
  expect(names(await reading)).toContain('put Node worker-1')
  await expect.poll(followed.log).toContain('The API server is followed again')
})

test('a reading that waits ends when the source is closed', async () => {
  await using gate = await TcpGate.to(api.port)
  gate.cut()
  const followed = await source({}, gate.port)
  const reading = followed.source.read()
  await followed.source.close()
  expect(names(await reading)).toEqual([])
})

test('an outage keeps what is known, and what changed meanwhile comes after it', async () => {
  await using gate = await TcpGate.to(api.port)
  await serve('cart')
  await using followed = await source({}, gate.port)
  expect(names(await followed.source.read())).toContain('put Service shop/cart')
  gate.cut()
  await unserve('cart')
  await expect.poll(followed.log).toContain('what is known stays in force')
  expect(names(await followed.source.read())).toEqual([])
  gate.open()
  await expect
    .poll(async () => names(await followed.source.read()), { timeout: 20_000 })
    .toEqual(['removed Service shop/cart'])
}, 60_000)

test('a Corefile that verifies pods brings them', async () => {
  const pod = { metadata: { name: 'web' }, spec: { nodeName: 'worker-2', containers: [{ name: 'web', image: 'web' }] } }
  await api.call('POST', '/api/v1/namespaces/shop/pods', pod)
  await api.call('PATCH', '/api/v1/namespaces/shop/pods/web/status', {
    status: { podIP: '10.244.1.2', podIPs: [{ ip: '10.244.1.2' }] },
  })
  await using followed = await source({ corefile: corefile('insecure') })
  await followed.source.need(corefile('insecure'))
  expect(names(await followed.source.read())).not.toContain('put Pod shop/web')
  await followed.source.need(corefile('verified'))
  expect(names(await followed.source.read())).toEqual(['put Pod shop/web'])
})

test('everything is listed anew on a period, and what is the same is no change', async () => {
  let calls = 0
  await using followed = await source({ relistMs: 200 })
  await followed.source.read()
  followed.source.follow(() => calls++)
  // Each of its four resources more than twice.
  await expect.poll(followed.requests, { timeout: 20_000 }).toBeGreaterThan(16)
  expect(names(await followed.source.read())).toEqual([])
  expect(calls).toBe(0)
  await serve('cart')
  await expect.poll(async () => names(await followed.source.read())).toEqual(['put Service shop/cart'])
  await unserve('cart')
})

test('an API server behind a cluster IP is warned of', async () => {
  await using followed = await source({ url: 'https://10.96.0.1:443' })
  await followed.source.read()
  expect(followed.log()).toContain('The API server is reached at 10.96.0.1, an address of ServiceCIDR kubernetes')
})

test('rules do not wait for what only names need and nobody lets us list', async () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const verbs = ['list', 'watch']
  await api.call('POST', `${rbac}/clusterroles`, {
    metadata: { name: 'rules' },
    rules: [
      { apiGroups: [''], resources: ['services', 'nodes'], verbs },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
    ],
  })
  await api.call('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name: 'rules' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'rules' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'rules-alone' }],
  })
  const who = await api.clientCertificate('rules-alone', 'nobody')
  await using followed = await source({ corefile: corefile('verified') }, api.port, who)
  expect(names(await followed.source.read())).toEqual(['put Node worker-1'])
  expect(followed.source.namesKnown).toBe(false)
  await expect.poll(followed.log).toContain('Cannot watch /api/v1/')
  await api.call('PATCH', `${rbac}/clusterroles/rules`, {
    rules: [
      { apiGroups: [''], resources: ['services', 'nodes', 'namespaces', 'pods'], verbs },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
    ],
  })
  await expect.poll(() => followed.source.namesKnown, { timeout: 30_000 }).toBe(true)
  expect(names(await followed.source.read())).toContain('put Namespace shop')
}, 60_000)
