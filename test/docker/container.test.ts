import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GenericContainer, type StartedTestContainer } from 'testcontainers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Field } from '../../src/model/field.ts'
import { TestApiServer } from '../support/api-server.ts'
import { client, DockerLab, node } from './docker-lab.ts'
import { connect } from './kubectl.ts'
import { PodContainer, textsOf } from './pod-container.ts'
import { clusterObjects, writeServiceAccount, writeVolumes } from './pod-files.ts'
import { Relay } from './relay.ts'
import { kustomize, objectNamed, objectsIn, readObject } from './rendered.ts'

const clusterIp = '10.96.7.20'

/** A name that the certificate of the API server has. */
const apiServer = 'kubernetes'

let directory: string
let lab: DockerLab
let objects: readonly Field[]
/** The pod of the DaemonSet. */
let pod: Field

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  objects = objectsIn(await kustomize('docker/kind'))
  pod = objectNamed(objects, 'DaemonSet pointsman').get('spec').get('template').get('spec')
  lab = await DockerLab.start(container('agent').get('image').text() ?? '')
}, 1_800_000)

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
}, 60_000)

test('the image says what it is, and is nobody unless it is told otherwise', async () => {
  const { Config: config } = await lab.inspectImage()
  expect(config).toMatchObject({
    User: '65532:65532',
    Entrypoint: expect.arrayContaining([node, '/opt/pointsman/dist/main.js']),
  })
  expect(config.Labels).toMatchObject({
    'org.opencontainers.image.title': 'Pointsman',
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.revision': 'abc',
  })
})

test('a pod of the DaemonSet programs its namespace, answers DNS, and ends as it is told to', async () => {
  const hello = `require('node:http').createServer((_, reply) => reply.end('hello')).listen(8080)`
  const backend = await lab.startOnNetwork(new GenericContainer(lab.image).withEntrypoint([node, '-e', hello]))
  const asker = await lab.startOnNetwork(new GenericContainer(client))
  await using server = await TestApiServer.start()
  const kubectl = await connect(server)
  await kubectl(['apply', '--filename=-'], await kustomize('docker/kind'))
  await kubectl(['create', '--filename=-'], JSON.stringify(clusterObjects(clusterIp, lab.addressOf(backend))))
  const gateway = await lab.gateway()
  using relay = await Relay.start(gateway, server.port)
  const sandbox = await lab.startSandbox({ host: apiServer, ipAddress: gateway })
  const address = lab.addressOf(sandbox)
  const parts = {
    sandbox,
    volumes: await writeVolumes(directory, pod.get('volumes').items(), objects),
    env: { NODE_NAME: 'node-1', KUBERNETES_SERVICE_HOST: apiServer, KUBERNETES_SERVICE_PORT: String(relay.port) },
    serviceAccount: await writeServiceAccount(directory, server),
  }

  const init = await lab.start(new PodContainer(container('init'), parts))
  await expect.poll(() => lab.stateOf(init), waiting).toMatchObject({ Status: 'exited', ExitCode: 0 })

  const agent = await lab.start(new PodContainer(container('agent'), parts))
  await expect.poll(() => lab.rules(sandbox), waiting).toContain(`-A KUBE-SERVICES -d ${clusterIp}/32`)
  const dig = (...words: readonly string[]) => printedBy(asker, 'dig', `@${address}`, '+short', '+tries=1', ...words)
  await expect.poll(() => dig('web.shop.svc.cluster.local'), waiting).toBe(`${clusterIp}\n`)
  expect(await dig('kube-dns.kube-system.svc.cluster.local')).toBe('10.96.0.10\n')
  expect(await dig('+tcp', '-x', clusterIp)).toBe('web.shop.svc.cluster.local.\n')
  const get = `fetch('http://${clusterIp}/').then((answer) => answer.text()).then(console.log)`
  expect(await printedBy(agent, node, '-e', get)).toBe('hello\n')
  expect(probes()).not.toEqual([])
  for (const probe of probes()) await expect.poll(() => statusOf(address, probe), waiting).toBe(200)

  const grace = pod.get('terminationGracePeriodSeconds').integer(1, 3600) ?? 0
  const signalled = performance.now()
  await agent.stop({ timeout: grace * 1000, remove: false })
  expect(performance.now() - signalled).toBeLessThan(grace * 1000)
  expect(await lab.stateOf(agent)).toMatchObject({ ExitCode: 0, OOMKilled: false })
  expect(await lab.rules(sandbox)).toContain(`-A KUBE-SERVICES -d ${clusterIp}/32`)

  const second = new PodContainer(container('agent'), parts)
  const printed = collect(second)
  const secondAgent = await lab.start(second)
  // Finds everything as it should be.
  await expect.poll(printed, waiting).toMatch(/"family":"IPv4".*"bytes":0,.*"msg":"programmed"/)
  await secondAgent.stop({ timeout: grace * 1000 })

  const cleanup = await readObject('docker/cleanup.yaml')
  const [cleaning] = cleanup.get('spec').get('template').get('spec').get('initContainers').items()
  if (cleaning === undefined) throw cleanup.error('an init container')
  const cleaned = await lab.start(new PodContainer(cleaning, parts))
  await expect.poll(() => lab.stateOf(cleaned), waiting).toMatchObject({ Status: 'exited', ExitCode: 0 })
  expect(await lab.rules(sandbox)).not.toContain('KUBE-')
}, 180_000)

const capabilities = () => textsOf(container('agent').get('securityContext').get('capabilities').get('add'))
const listen = `require('node:net').createServer().listen(53, function () { this.close() })`

test.each([
  { tool: 'iptables-nft -t nat -N TEST', needs: 'NET_ADMIN' },
  { tool: 'ip6tables-nft -t nat -N TEST', needs: 'NET_ADMIN' },
  { tool: 'nft add table ip test', needs: 'NET_ADMIN' },
  { tool: 'ipset create test hash:ip', needs: 'NET_ADMIN' },
  { tool: 'conntrack -L', needs: 'NET_ADMIN' },
  { tool: 'nfacct add test', needs: 'NET_ADMIN' },
  { tool: 'iptables-legacy -t nat -N TEST', needs: 'NET_RAW' },
  { tool: 'ip6tables-legacy -t nat -N TEST', needs: 'NET_RAW' },
])('the capabilities of the manifest are enough for "$tool", which needs $needs', async ({ tool, needs }) => {
  expect(await lab.run(tool.split(' '), capabilities())).toMatchObject({ exitCode: 0 })
  expect(await lab.run(tool.split(' '), without(needs))).not.toMatchObject({ exitCode: 0 })
})

test('they are enough for port 53, which needs NET_BIND_SERVICE', async () => {
  expect(await lab.run([node, '-e', listen], capabilities())).toMatchObject({ exitCode: 0 })
  expect(await lab.run([node, '-e', listen], without('NET_BIND_SERVICE'))).not.toMatchObject({ exitCode: 0 })
})

test('another user than root programs nothing with them', async () => {
  const { exitCode, output } = await lab.run(['iptables-nft', '-t', 'nat', '-N', 'TEST'], capabilities(), '65532')
  expect([exitCode, output]).toEqual([4, expect.stringContaining('Permission denied')])
})

const waiting = { timeout: 30_000 }

function container(name: string): Field {
  const all = [...pod.get('initContainers').items(), ...pod.get('containers').items()]
  const found = all.find((candidate) => candidate.get('name').text() === name)
  if (found === undefined) throw new Error(`The manifest has no container ${name}`)
  return found
}

/** Those of the manifest. */
function probes(): readonly { readonly path: string; readonly port: number }[] {
  const agent = container('agent')
  return ['startupProbe', 'livenessProbe', 'readinessProbe']
    .map((name) => agent.get(name).get('httpGet'))
    .map((get) => ({ path: get.get('path').text() ?? '', port: get.get('port').integer(1, 65535) ?? 0 }))
}

/** What the kubelet would see; 0 without an answer. */
async function statusOf(address: string, { path, port }: { readonly path: string; readonly port: number }) {
  return fetch(`http://${address}:${port}${path}`).then(
    ({ status }) => status,
    () => 0,
  )
}

async function printedBy(running: StartedTestContainer, ...command: readonly string[]): Promise<string> {
  return (await running.exec([...command])).output
}

/** What it will have printed. */
function collect(definition: GenericContainer): () => string {
  let text = ''
  definition.withLogConsumer((stream) =>
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    }),
  )
  return () => text
}

function without(capability: string): readonly string[] {
  expect(capabilities()).toContain(capability)
  return capabilities().filter((name) => name !== capability)
}
