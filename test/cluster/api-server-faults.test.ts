import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Field } from '../../src/model/field.ts'
import { create, pathOf, service, type ApiObject } from '../support/api-objects.ts'
import { ClusterClients } from '../support/cluster-clients.ts'
import { Shop } from './shop.ts'
import { until } from './until.ts'

const shop = new Shop()

/** Milliseconds for a test; machines are shared and slow at times. */
const patience = 600_000

test(
  'the API server is killed and comes back: all is served, and what changed meanwhile arrives',
  async () => {
    const { server, gate } = shop.cluster.parts
    await shop.change()
    await shop.serves(async () => {
      await server.kill()
      await shop.says('Cannot watch')
      gate.cut()
      await server.resume()
      await shop.change()
      gate.open()
    })
  },
  patience,
)

test(
  'etcd is compacted while the watch is cut: what is gone is found by a new list',
  async () => {
    const { server, gate } = shop.cluster.parts
    await shop.change()
    await shop.serves(async () => {
      gate.cut()
      await shop.change()
      // The cache of the server remembers more than etcd does, until it starts again.
      await server.kill()
      await server.compact()
      await server.resume()
      gate.open()
    })
  },
  patience,
)

test(
  'the watch is cut in the middle of events',
  async () => {
    const { gate } = shop.cluster.parts
    await shop.serves(async () => {
      for (const bytes of [1, 100, 700, 2000, 5000]) {
        gate.cutAfter(bytes)
        while (gate.isOpen) await shop.change()
        gate.open()
      }
    })
  },
  patience,
)

test(
  'the API server stands still for seconds, and then the way to it is slow',
  async () => {
    const { server, gate } = shop.cluster.parts
    await shop.serves(async () => {
      server.signal('SIGSTOP')
      // The time is the fault.
      await delay(4000).finally(() => server.signal('SIGCONT'))
      await shop.change()
      gate.slow(20_000)
      gate.cut()
      gate.open()
      await shop.change()
      await shop.agreed()
      gate.slow(undefined)
    })
  },
  patience,
)

test(
  'a token that is revoked: all is served, and with the next one it goes on',
  async () => {
    const { server, gate, directory, kubectl } = shop.cluster.parts
    const tokenFile = join(directory, 'token')
    await kubectl(['apply', ...rights.flatMap((file) => ['-f', file])])
    const revoked = await newToken()
    await writeFile(tokenFile, revoked)
    await shop.agent?.end('SIGKILL')
    shop.agent = await shop.answering({ kubeconfig: await shop.cluster.kubeconfigOf({ tokenFile }) })
    await shop.serves(async () => {
      await server.call('DELETE', pathOf(account))
      await create(server, account)
      await until(() => server.knows(revoked), false)
      // A watch that was begun goes on with the token that it was begun with.
      gate.cut()
      gate.open()
      await shop.says('401')
      await writeFile(tokenFile, await newToken())
      await shop.change()
    })
  },
  patience,
)

test(
  'objects that we cannot read: they are told of, and all others go on',
  async () => {
    const { server, lab } = shop.cluster.parts
    const turns = service('shop', 'turns', { selector: { app: 'web' } })
    await create(server, turns)
    await shop.agreed()
    const clients = await ClusterClients.start(shop.cluster, shop.reached)
    await create(server, ...unreadable)
    const names = unreadable.map(({ metadata }) => metadata.name)
    for (const name of names) await shop.says(name)
    await shop.change()
    await shop.agreed(...names)
    // What could be read before stays as it was.
    await server.call('PATCH', pathOf(turns), { spec: { ...outside, clusterIP: null, clusterIPs: null, ports: null } })
    await shop.says('turns')
    expect(await lab.exec('node', 'iptables-save', ['-t', 'nat'])).toContain('shop/turns:http')
    for (const object of [turns, ...unreadable]) await server.call('DELETE', pathOf(object))
    await shop.agreed()
    expect(await clients.stop()).toEqual([])
  },
  patience,
)

/** The API server takes a label of any length; DNS has room for 63 characters. */
const outside = { type: 'ExternalName', externalName: `${'x'.repeat(64)}.example.com` }

/** What the API server accepts. */
const unreadable: readonly ApiObject[] = [
  { kind: 'Service', metadata: { namespace: 'shop', name: 'odd-service' }, spec: outside },
  {
    kind: 'EndpointSlice',
    // A label may have what no Service may in its name.
    metadata: { namespace: 'shop', name: 'odd-slice', labels: { 'kubernetes.io/service-name': 'Not_A.Name' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.1.200'] }],
    ports: [],
  },
]

/** What the agent may do where it is installed; the Corefile here asks for pods. */
const rights = ['docker/manifests/service-account.yaml', 'docker/manifests/rbac.yaml', 'docker/pods/rbac.yaml']

const account: ApiObject = { kind: 'ServiceAccount', metadata: { namespace: 'kube-system', name: 'pointsman' } }

async function newToken(): Promise<string> {
  const answer = await shop.cluster.parts.server.call('POST', `${pathOf(account)}/token`, { spec: {} })
  return new Field(answer).get('status').get('token').text() ?? ''
}
