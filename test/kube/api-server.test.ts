import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ApiServer } from '../../src/kube/api-server.ts'
import { askPath } from '../../src/kube/ask.ts'
import { textOf } from '../../src/kube/lines.ts'
import {
  endpointSlices,
  namespaces,
  nodes,
  pods,
  proxiedHere,
  services,
  type Resource,
} from '../../src/kube/resource.ts'
import { TestApiServer } from '../support/api-server.ts'
import { follow, type Followed } from '../support/followed.ts'
import { packagedEtcd } from '../support/kubernetes-binaries.ts'
import { TcpGate } from '../support/tcp-gate.ts'

const shop = '/api/v1/namespaces/shop/services'
/** The API server's own. */
const own = 'Service default/kubernetes'
const patient = { timeout: 20_000, interval: 50 }

function service(name: string, labels: Readonly<Record<string, string>> = {}) {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, labels }, spec: { ports: [{ port: 80 }] } }
}

function slice(name: string, address: string) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { 'kubernetes.io/service-name': 'cart' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address] }],
    ports: [{ port: 8080 }],
  }
}

/** Names of the services of the shop, as an independent list has them. */
async function listed(server: TestApiServer): Promise<readonly string[]> {
  const text = JSON.stringify(await server.call('GET', shop))
  return [...text.matchAll(/"metadata":\{"name":"([^"]+)","namespace":"shop"/g)].map((match) => match[1] ?? '').sort()
}

/** Until what is followed is what the server has. */
async function agree(followed: Followed, server: TestApiServer): Promise<void> {
  const names = (await listed(server)).map((name) => `Service shop/${name}`)
  await expect.poll(() => followed.names().filter((name) => name !== own), patient).toEqual(names)
}

// Debian's etcd cannot tell its progress, without which the API server streams no list.
describe.each([
  ['streamed lists', () => undefined, '"k8s.io/initial-events-end":"true"'],
  ['lists in pages', () => packagedEtcd() ?? 'etcd (Debian package etcd-server)', 'RequestWatchProgress is disabled'],
])('a real API server with %s', (_, etcd, streamSays) => {
  let server: TestApiServer

  beforeAll(async () => {
    server = await TestApiServer.start(etcd())
  }, 600_000)

  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } }).catch(() => undefined)
    await server.call('DELETE', shop)
  })

  test('it answers a request for a streamed list as the name says', async () => {
    const client = new ApiServer(await server.credentials())
    const { body } = await client.get(askPath(services, { kind: 'stream' }, 1), 10_000, new AbortController().signal)
    expect(await textOf(body, 1_000_000)).toContain(streamSays)
    await client.close()
  })

  test('what is there comes before synced, and then every change', async () => {
    await server.call('POST', shop, service('cart'))
    await using followed = follow(await server.credentials(), services)
    await expect.poll(() => followed.said, patient).toContain('synced')
    expect(followed.said.toSorted()).toEqual([`put ${own}`, 'put Service shop/cart', 'synced'])
    await server.call('POST', shop, service('search'))
    await server.call('PATCH', `${shop}/cart`, { spec: { ports: [{ port: 81 }] } })
    await server.call('DELETE', `${shop}/search`)
    await expect
      .poll(() => followed.said.slice(3), patient)
      .toEqual(['put Service shop/search', 'put Service shop/cart', 'removed Service shop/search'])
    expect(followed.changes[4]).toMatchObject({ object: { ports: [{ port: 81 }], clusterIps: [expect.any(String)] } })
    expect(followed.troubles).toEqual([])
  })

  test('selectors leave out what is not asked for, also when a label changes', async () => {
    await server.call('POST', shop, service('meshed', { 'service.kubernetes.io/service-proxy-name': 'mesh' }))
    await server.call('POST', shop, service('cart'))
    const all: Resource = { ...services, labelSelector: proxiedHere, fieldSelector: 'metadata.namespace=shop' }
    await using followed = follow(await server.credentials(), all)
    await expect.poll(() => followed.said, patient).toEqual(['put Service shop/cart', 'synced'])
    await server.call('PATCH', `${shop}/cart`, { metadata: { labels: { 'service.kubernetes.io/headless': '' } } })
    await expect.poll(() => followed.names(), patient).toEqual([])
  })

  test('slices, namespaces, nodes and pods are followed alike', async () => {
    const slices = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices'
    await server.call('POST', slices, slice('cart-1', '10.244.1.5'))
    await using followed = follow(await server.credentials(), endpointSlices)
    await using others = follow(await server.credentials(), namespaces)
    await using none = follow(await server.credentials(), nodes)
    await using noPods = follow(await server.credentials(), { ...pods, fieldSelector: 'spec.nodeName=worker-1' })
    await expect.poll(() => [...none.said, ...noPods.said], patient).toEqual(['synced', 'synced'])
    await expect.poll(() => others.names(), patient).toContain('Namespace shop')
    await expect.poll(() => followed.said, patient).toEqual(['put EndpointSlice shop/cart-1', 'synced'])
    await server.call('PUT', `${slices}/cart-1`, slice('cart-1', '10.244.1.6'))
    await expect
      .poll(() => followed.changes.at(-1), patient)
      .toMatchObject({
        kind: 'put',
        object: { endpoints: [{ address: '10.244.1.6', ready: true }] },
      })
    await server.call('DELETE', `${slices}/cart-1`)
    await expect.poll(() => followed.names(), patient).toEqual([])
  })

  test('more objects than fit in a page', async () => {
    const names = Array.from({ length: 300 }, (_unused, i) => `s${i}`)
    for (let i = 0; i < names.length; i += 20)
      await Promise.all(names.slice(i, i + 20).map((name) => server.call('POST', shop, service(name))))
    await using followed = follow(await server.credentials(), services)
    await expect.poll(() => followed.said.at(-1), patient).toBe('synced')
    expect(followed.said).toHaveLength(302)
    await agree(followed, server)
  })

  test('after a cut the watch goes on where it was: nothing is said twice', async () => {
    await using gate = await TcpGate.to(server.port)
    await using followed = follow(await server.credentials(gate.port), services)
    await expect.poll(() => followed.said, patient).toEqual([`put ${own}`, 'synced'])
    gate.cut()
    await server.call('POST', shop, service('cart'))
    await server.call('POST', shop, service('search'))
    await server.call('DELETE', `${shop}/search`)
    await expect.poll(() => followed.troubles.length, patient).toBeGreaterThan(0)
    gate.open()
    await expect
      .poll(() => followed.said.slice(2), patient)
      .toEqual(['put Service shop/cart', 'put Service shop/search', 'removed Service shop/search'])
  })

  test('what a compaction hid is found: a new list says what changed and what is gone', async () => {
    await server.call('POST', shop, service('cart'))
    await server.call('POST', shop, service('search'))
    await using gate = await TcpGate.to(server.port)
    await using followed = follow(await server.credentials(gate.port), services)
    await expect.poll(() => followed.said.at(-1), patient).toBe('synced')
    gate.cut()
    await server.call('DELETE', `${shop}/cart`)
    await server.call('POST', shop, service('stock'))
    // The cache of the server remembers more than etcd does, until it starts again.
    await server.kill()
    await server.compact()
    await server.resume()
    const before = followed.said.length
    gate.open()
    await agree(followed, server)
    await expect
      .poll(() => followed.said.slice(before), patient)
      .toEqual(['put Service shop/stock', 'removed Service shop/cart', 'synced'])
  })

  test('a server that was killed is followed again, and the trouble is told', async () => {
    await server.call('POST', shop, service('cart'))
    await using followed = follow(await server.credentials(), services)
    await expect.poll(() => followed.said.at(-1), patient).toBe('synced')
    await server.kill()
    await expect
      .poll(() => followed.troubles, patient)
      .toContainEqual(
        expect.stringMatching(/^Cannot watch \/api\/v1\/services: .*ECONNREFUSED.*; asking again in \d+\.\d s$/),
      )
    expect(followed.names()).toContain('Service shop/cart')
    await server.resume()
    await server.call('POST', shop, service('search'))
    await agree(followed, server)
  })

  test('a server that says nothing is asked again, and nothing is said that did not change', async () => {
    await using followed = follow(await server.credentials(), services, 1500)
    await expect.poll(() => followed.said, patient).toEqual([`put ${own}`, 'synced'])
    server.signal('SIGSTOP')
    try {
      await expect.poll(() => followed.troubles.length, patient).toBeGreaterThan(0)
    } finally {
      server.signal('SIGCONT')
    }
    await server.call('POST', shop, service('cart'))
    await agree(followed, server)
    expect(new Set(followed.said)).toEqual(new Set([`put ${own}`, 'synced', 'put Service shop/cart']))
    expect(followed.said.filter((line) => line === 'put Service shop/cart')).toHaveLength(1)
  })

  test('a list on demand finds nothing new where nothing is', async () => {
    await using followed = follow(await server.credentials(), services)
    await expect.poll(() => followed.said, patient).toEqual([`put ${own}`, 'synced'])
    followed.reflector.relist()
    await expect.poll(() => followed.said, patient).toEqual([`put ${own}`, 'synced', 'synced'])
  })

  test('a token that is no longer good is told, and the next one is taken', async () => {
    const good = await server.credentials()
    let expired = true
    await using followed = follow(
      {
        ...good,
        identity: async () => ({ ...(await good.identity()), ...(expired && { authorization: 'Bearer old' }) }),
      },
      services,
    )
    await expect.poll(() => followed.troubles, patient).toContainEqual(expect.stringContaining('401: Unauthorized'))
    expired = false
    await expect.poll(() => followed.said, patient).toContain('synced')
  })
})
