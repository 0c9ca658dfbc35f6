import { expect, test } from 'vitest'
import { addressOf } from '../../src/host/lab/addresses.ts'
import { Field } from '../../src/model/field.ts'
import { create, deployment, pathOf, pod, service, type ApiObject } from '../support/api-objects.ts'
import { elsewhere, here } from '../support/cluster-basics.ts'
import { differences } from '../support/cluster-oracle.ts'
import { podPort } from '../support/node-kernel.ts'
import { asker } from '../support/test-cluster.ts'
import { Town } from './town.ts'
import { until } from './until.ts'

const town = new Town()

test('the pods of a Deployment share its connections: cluster IP and node port, both families, TCP and UDP', async () => {
  const web = service('shop', 'web', { type: 'NodePort' })
  await town.settle('shop', web, deployment('shop', 'web', 4))
  const pods = await town.pods('shop', 'web', 4)
  for (const family of ['IPv4', 'IPv6'] as const) {
    const inside = { address: await town.clusterIp(web, family), port: 80 }
    const outside = { address: addressOf('node', family), port: await town.nodePort(web) }
    await town.answer(pods, asker, inside)
    for (const [from, to] of [
      ['client', inside],
      ['node', inside],
      ['client', outside],
    ] as const) {
      expect(await town.answering(from, to)).toEqual(pods)
    }
    expect(await town.answering(asker, { protocol: 'udp', ...inside })).toEqual(pods)
  }
  expect(await town.lookUp('web.shop.svc.cluster.local', 'A')).toEqual([`A ${await town.clusterIp(web)}`])
  expect(await town.lookUp('web.shop.svc.cluster.local', 'AAAA')).toEqual([`AAAA ${await town.clusterIp(web, 'IPv6')}`])
}, 60_000)

test('scaled up the new pods get connections, scaled down the others get none', async () => {
  const web = service('shop', 'web')
  const to = { address: await town.clusterIp(web), port: 80 }
  for (const replicas of [7, 2, 3]) {
    await town.cluster.parts.server.call('PATCH', pathOf(deployment('shop', 'web', 0)), { spec: { replicas } })
    await town.answer(await town.pods('shop', 'web', replicas), asker, to)
  }
}, 60_000)

test('a pod that is not ready gets no connections until it is', async () => {
  const to = { address: await town.clusterIp(service('shop', 'web')), port: 80 }
  const pods = await town.pods('shop', 'web', 3)
  const [first = '', ...others] = pods
  await town.cluster.parts.kubelet.setReady('shop', first, false)
  await town.answer(others, asker, to)
  await town.cluster.parts.kubelet.setReady('shop', first, true)
  await town.answer(pods, asker, to)
})

test('a rolling update fails no connection', async () => {
  const { server, lab } = town.cluster.parts
  const web = service('shop', 'web')
  const grace = { template: { spec: { terminationGracePeriodSeconds: 30 } } }
  const path = pathOf(deployment('shop', 'web', 0))
  const isUpdated = async () => {
    const found = new Field(await server.call('GET', path))
    const status = found.get('status')
    const current = status.get('observedGeneration').value === found.get('metadata').get('generation').value
    const counts = ['replicas', 'updatedReplicas', 'availableReplicas'].map((name) => status.get(name).value)
    return current && counts.every((count) => count === 3)
  }
  await server.call('PATCH', path, { spec: grace })
  await until(isUpdated, true)
  const before = await town.pods('shop', 'web', 3)
  const inside = { address: await town.clusterIp(web), port: 80 }
  const targets = [
    [asker, { protocol: 'tcp', ...inside }],
    [asker, { protocol: 'udp', ...inside }],
    ['client', { protocol: 'tcp', address: addressOf('node', 'IPv6'), port: await town.nodePort(web) }],
  ] as const
  const loops = await Promise.all(targets.map(([from, to]) => lab.loop(from, { ...to, concurrency: 2, timeout: 5000 })))
  await server.call('PATCH', path, { spec: { template: { metadata: { annotations: { version: '2' } } } } })
  await until(isUpdated, true)
  const after = await town.pods('shop', 'web', 3)
  expect(after.filter((name) => before.includes(name))).toEqual([])
  await town.answer(after, asker, inside)
  const summaries = await Promise.all(loops.map((loop) => loop.stop()))
  for (const { servers, ...summary } of summaries) {
    expect(summary).toMatchObject({ refused: 0, timeouts: 0, errors: {} })
    // Clients were there throughout.
    expect(Object.keys(servers)).toEqual(expect.arrayContaining([...after]))
    expect(Object.keys(servers).some((name) => before.includes(name))).toBe(true)
  }
}, 90_000)

test('a Service that is deleted and made again is reached at its new address, and not at the old one', async () => {
  const { server } = town.cluster.parts
  const web = service('shop', 'web', { type: 'NodePort' })
  const old = { address: await town.clusterIp(web), port: 80, timeout: 500 }
  await server.call('DELETE', pathOf(web))
  await until(() => town.lookUp('web.shop.svc.cluster.local', 'A'), ['NXDOMAIN'])
  expect(await town.answering(asker, old)).toEqual(['timed out'])
  // The address that was free again is another's before it comes back.
  await create(server, service('shop', 'other', { clusterIP: old.address }), web)
  const pods = await town.pods('shop', 'web', 3)
  const now = { address: await town.clusterIp(web), port: 80 }
  expect(now.address).not.toBe(old.address)
  await town.answer(pods, asker, now)
  await town.refuses(asker, old)
  expect(await town.lookUp('web.shop.svc.cluster.local', 'A')).toEqual([`A ${now.address}`])
  await town.leave('shop')
})

test('externalTrafficPolicy Local: only pods of this node answer, and see the client', async () => {
  const near = service('edge', 'near', { type: 'NodePort', externalTrafficPolicy: 'Local' })
  const both = { app: 'near' }
  await town.settle('edge', near)
  await create(
    town.cluster.parts.server,
    pod('edge', 'here', both.app, { nodeName: here }),
    pod('edge', 'elsewhere', both.app, { nodeName: elsewhere }),
  )
  await town.pods('edge', 'near', 2)
  const to = { address: addressOf('node', 'IPv4'), port: await town.nodePort(near) }
  await town.answer(['here'], 'client', to)
  const summary = await town.cluster.parts.lab.connect('client', { protocol: 'tcp', ...to, count: 5 })
  expect(summary.seenBy).toEqual({ here: { [addressOf('client', 'IPv4')]: 5 } })
  expect(await town.answering(asker, { address: await town.clusterIp(near), port: 80 })).toEqual(['elsewhere', 'here'])
  await town.leave('edge')
})

test('session affinity: a client stays with one pod, until that goes', async () => {
  const sticky = service('stay', 'web', { sessionAffinity: 'ClientIP' })
  await town.settle('stay', sticky, deployment('stay', 'web', 3))
  const pods = await town.pods('stay', 'web', 3)
  const to = { address: await town.clusterIp(sticky), port: 80 }
  await until(() => town.answering(asker, to).then((names) => names.length), 1)
  // Those who asked before the last pod was there may have chosen among fewer.
  const [chosen = ''] = await town.answering(asker, to)
  expect(pods).toContain(chosen)
  expect(await town.answering(asker, to)).toEqual([chosen])
  await town.cluster.parts.server.call('DELETE', pathOf(pod('stay', chosen, 'web')))
  await until(async () => (await town.answering(asker, to)).includes(chosen), false)
  expect(await town.answering(asker, to)).toHaveLength(1)
  await town.leave('stay')
})

test('pods on their way out serve as long as no other does, and then connections are refused', async () => {
  const { server, kubelet } = town.cluster.parts
  const last = service('night', 'last')
  kubelet.hold('last')
  await town.settle('night', last, deployment('night', 'last', 2))
  const pods = await town.pods('night', 'last', 2)
  const to = { address: await town.clusterIp(last), port: 80 }
  await town.answer(pods, asker, to)
  const [first = '', second = ''] = pods
  await server.call('PATCH', pathOf(deployment('night', 'last', 0)), { spec: { replicas: 0 } })
  const conditions = async () => {
    const path = '/apis/discovery.k8s.io/v1/namespaces/night/endpointslices'
    const slices = new Field(await server.call('GET', path)).get('items').items()
    const endpoints = slices.flatMap((slice) => slice.get('endpoints').items())
    return endpoints.map((endpoint) => endpoint.get('conditions').value)
  }
  const leaving = { ready: false, serving: true, terminating: true }
  // Two pods with two addresses each.
  await until(conditions, [leaving, leaving, leaving, leaving])
  expect(await town.answering(asker, to)).toEqual([first, second])
  await kubelet.setReady('night', first, false)
  await town.answer([second], asker, to)
  kubelet.release('last')
  await town.refuses(asker, to)
  await town.leave('night')
}, 60_000)

test('a headless Service: its names are its pods', async () => {
  const db = service('data', 'db', { clusterIP: 'None', publishNotReadyAddresses: false })
  const members = ['db-0', 'db-1'].map((name) => pod('data', name, 'db', { hostname: name, subdomain: 'db' }))
  const plain = pod('data', 'db-plain', 'db')
  await town.settle('data', db, ...members, plain)
  await town.pods('data', 'db', 3)
  const zone = 'db.data.svc.cluster.local'
  const ips = await town.addresses('data', 'db')
  await until(() => town.lookUp(zone, 'A'), [...ips.values()].map((ip) => `A ${ip}`).sort())
  expect(await town.lookUp(zone, 'AAAA')).toHaveLength(3)
  for (const name of ['db-0', 'db-1', 'db-plain']) {
    expect(await town.lookUp(`${name}.${zone}`, 'A')).toEqual([`A ${ips.get(name)}`])
    expect(await town.lookUp('-x', ips.get(name) ?? '')).toEqual([`PTR ${name}.${zone}.`])
  }
  // 100 among six: CoreDNS counts the addresses of both families.
  expect(await town.lookUp(`_http._tcp.${zone}`, 'SRV', '+noadditional')).toEqual(
    ['db-0', 'db-1', 'db-plain'].map((name) => `SRV 0 16 ${podPort} ${name}.${zone}.`),
  )
  await town.cluster.parts.kubelet.setReady('data', 'db-1', false)
  await until(() => town.lookUp(`db-1.${zone}`, 'A'), ['NXDOMAIN'])
  await town.leave('data')
  await until(() => town.lookUp(zone, 'A'), ['NXDOMAIN'])
}, 60_000)

test('an ExternalName Service is its other name, as it is now', async () => {
  const outside: ApiObject = {
    kind: 'Service',
    metadata: { namespace: 'names', name: 'outside' },
    spec: { type: 'ExternalName', externalName: 'db.example.com' },
  }
  await town.settle('names', outside)
  const name = 'outside.names.svc.cluster.local'
  await until(() => town.lookUp(name, 'A'), ['CNAME db.example.com.'])
  await town.cluster.parts.server.call('PATCH', pathOf(outside), { spec: { externalName: 'db.example.org' } })
  await until(() => town.lookUp(name, 'A'), ['CNAME db.example.org.'])
  await town.leave('names')
})

test('a new namespace has names as soon as it has Services, and pods have theirs while they run', async () => {
  const name = 'api.fresh.svc.cluster.local'
  expect(await town.lookUp(name, 'A')).toEqual(['NXDOMAIN'])
  const api = service('fresh', 'api')
  await town.settle('fresh', api, pod('fresh', 'api-1', 'api'))
  await until(() => town.lookUp(name, 'A'), [`A ${await town.clusterIp(api)}`])
  await town.pods('fresh', 'api', 1)
  const [ip = ''] = (await town.addresses('fresh', 'api')).values()
  const podName = `${ip.replaceAll('.', '-')}.fresh.pod.cluster.local`
  await until(() => town.lookUp(podName, 'A'), [`A ${ip}`])
  expect(await town.lookUp('10-244-9-9.fresh.pod.cluster.local', 'A')).toEqual(['NXDOMAIN'])
  await town.cluster.parts.server.call('DELETE', pathOf(pod('fresh', 'api-1', 'api')))
  await until(() => town.lookUp(podName, 'A'), ['NXDOMAIN'])
  await town.leave('fresh')
})

test('a Service without a selector leads where its Endpoints say, through the slices that mirror them', async () => {
  const metadata = { namespace: 'old', name: 'legacy' }
  const legacy: ApiObject = { kind: 'Service', metadata, spec: { ports: [{ name: 'http', port: 80 }] } }
  await town.settle('old', legacy, pod('old', 'server', 'server'))
  await town.pods('old', 'server', 1)
  const [ip = ''] = (await town.addresses('old', 'server')).values()
  const subset = { addresses: [{ ip }], ports: [{ name: 'http', port: podPort }] }
  await create(town.cluster.parts.server, { kind: 'Endpoints', metadata: legacy.metadata, subsets: [subset] })
  await town.answer(['server'], asker, { address: await town.clusterIp(legacy), port: 80 })
  await town.leave('old')
})

test('a pod reaches the API server through the Service kubernetes', async () => {
  const program = `
    const socket = require('node:tls').connect({ host: '10.96.0.1', port: 443, rejectUnauthorized: false }, () => {
      console.log(socket.getPeerCertificate().subjectaltname)
      socket.end()
    })`
  expect(await town.cluster.parts.lab.exec(asker, process.execPath, ['-e', program])).toContain(
    'DNS:kubernetes.default.svc',
  )
})

test('after all that, kernel and DNS are what kubectl lists', async () => {
  await until(() => differences(town.cluster), [], 60_000)
}, 90_000)
