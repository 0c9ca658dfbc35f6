import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAgent } from '../support/agent.ts'
import { TestApiServer } from '../support/api-server.ts'
import { createObjects, deleteObjects, nameOf, readCase, type ClusterCase } from '../support/cluster-case.ts'
import { pointsman } from '../support/command-line.ts'
import { TestKubeProxy } from '../support/kube-proxy.ts'
import { kubectlBinary } from '../support/kubernetes-binaries.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'

// The real kube-proxy, at the real API server, and us beside it.

const podNetworks = ['--cluster-cidr', '10.244.0.0/16,2001:db8:244::/48']
const localhost = '--iptables-localhost-nodeports=false'
const usualNode = {
  kind: 'Node',
  metadata: { name: 'node-1' },
  status: { addresses: ['192.0.2.7', '2001:db8:192::7'].map((address) => ({ type: 'InternalIP', address })) },
}

let directory: string
let server: TestApiServer
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  server = await TestApiServer.start()
  const more = { metadata: { name: 'more' }, spec: { cidrs: ['10.98.0.0/16'] } }
  await server.call('POST', '/apis/networking.k8s.io/v1/servicecidrs', more)
}, 240_000)
afterAll(async () => {
  await running?.[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

/** Everything that rules are made from, as the API server has it. */
async function saveState(): Promise<void> {
  const args = ['--kubeconfig', await server.kubeconfig(), 'get', 'services,endpointslices,nodes', '-A', '-o', 'json']
  await writeFile(join(directory, 'state.json'), (await execa(await kubectlBinary(), args)).stdout)
}

async function describeNode(): Promise<string> {
  const args = ['--kubeconfig', await server.kubeconfig(), 'describe', 'node', 'node-1']
  return (await execa(await kubectlBinary(), args)).stdout
}

interface Node extends AsyncDisposable {
  readonly key: string
  readonly namespace: Namespace
  readonly flags: readonly string[]
}

/** The node that kube-proxy runs on; one for all cases that want the same of it. */
let running: Node | undefined

async function nodeFor(options: readonly string[], nodes: ClusterCase['nodes']): Promise<Node> {
  const named = nodes.some((node) => nameOf(node) === 'node-1') ? nodes : [...nodes, usualNode]
  // kube-proxy waits until its node has an address.
  const all = named.map((node) => (nameOf(node) === 'node-1' ? { status: usualNode.status, ...node } : node))
  const key = JSON.stringify([options, all])
  if (running?.key === key) return running
  await running?.[Symbol.asyncDispose]()
  running = undefined
  const namespace = await createNamespace()
  for (const address of ['192.0.2.7/32', '198.51.100.7/32', '2001:db8:192::7/128']) {
    await namespace.run('ip', ['address', 'add', address, 'dev', 'lo'])
  }
  await namespace.run('ip', ['link', 'set', 'lo', 'up'])
  await createObjects(server, all)
  // kube-proxy takes no `--cluster-cidr=`; it has none without the flag.
  const flags = options.includes('--cluster-cidr=') ? [localhost] : [localhost, ...podNetworks, ...options]
  const pace = ['--iptables-min-sync-period=100ms', '--iptables-sync-period=1s']
  const proxy = await TestKubeProxy.start(server, namespace, ['--hostname-override', 'node-1', ...pace, ...flags])
  running = {
    key,
    namespace,
    flags,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await namespace[Symbol.asyncDispose]()
      await deleteObjects(server, all)
    },
  }
  return running
}

async function diff({
  namespace,
  flags,
}: Node): Promise<{ readonly exitCode: number | undefined; readonly text: string }> {
  // Each time: the API server makes an EndpointSlice of its own, a while after a case deleted it.
  await saveState()
  const args = ['diff', '-f', join(directory, 'state.json'), '--node', 'node-1', ...flags]
  const { exitCode, stdout } = await pointsman(args, { namespace: namespace.name })
  return { exitCode, text: stdout }
}

/** What two Services claim one has, and kube-proxy writes the rules of both: docs/rules.md. */
const conflicting: Readonly<Record<string, string>> = {
  'external-ip-is-cluster-ip': 'Service shop/cart, port https: external IP 10.96.0.1 removed\n',
  'same-external-ip': 'Service shop/web, port http: external address 198.51.100.40 removed\n',
}

/** How many objects the API server refuses of cases that show what only files can say. */
const refused: Readonly<Record<string, number>> = {
  'external-ip-is-cluster-ip': 1,
  'ipv6-only': 1,
  'kubectl-list': 1,
  'localhost-ipv6': 1,
  'not-proxied': 2,
  'same-cluster-ip': 1,
  'same-node-port': 2,
  'sloppy-addresses': 2,
  'sloppy-everywhere': 3,
}

const cases = (await readdir('rulesets/clusters'))
  .map((file) => readCase(file.replace('.yaml', '')))
  .filter(({ options }) => !options.some((option) => /node-local-dns|ipvs/.test(option)))
  .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

function keyOf({ options, nodes }: ClusterCase): string {
  return JSON.stringify([options, nodes])
}

test.each(cases)('$name: what kube-proxy makes of it is what we would', { timeout: 60_000 }, async (cluster) => {
  const { name, options, nodes, objects } = cluster
  const node = await nodeFor(options, nodes)
  try {
    expect(await createObjects(server, objects)).toHaveLength(refused[name] ?? 0)
    const want = conflicting[name]
    await expect
      .poll(() => diff(node), { timeout: 20_000 })
      .toEqual(want === undefined ? { exitCode: 0, text: '' } : { exitCode: 1, text: expect.stringContaining(want) })
  } finally {
    await deleteObjects(server, objects)
  }
})

test('run --observe beside it finds nothing, then what somebody else does until kube-proxy mends it', async () => {
  const { objects, nodes } = readCase('two-ports')
  const node = await nodeFor([], nodes)
  const args = [
    '--observe',
    '--kubeconfig',
    await server.kubeconfig(),
    '--node',
    'node-1',
    '--iptables-sync-period',
    '1s',
  ]
  try {
    await createObjects(server, [...objects, ...readCase('node-port').objects, ...readCase('session-affinity').objects])
    await expect.poll(() => diff(node), { timeout: 20_000 }).toEqual({ exitCode: 0, text: '' })
    const agent = runAgent(node.namespace, [...args, ...node.flags])
    try {
      for (const family of ['IPv4', 'IPv6']) {
        const equal = await agent.line((line) => line['family'] === family)
        expect(equal).toMatchObject({ level: 'info', msg: 'the kernel holds what would be programmed' })
      }
      // A full sync of kube-proxy comes once an hour unless its canary is gone: this stays until then.
      await node.namespace.run('iptables', ['-t', 'nat', '-I', 'KUBE-SVC-I5LIAMPLWKMBJ54B', '1', '-j', 'RETURN'])
      expect(await agent.line(({ level }) => level === 'warn')).toMatchObject({
        says: ['Service shop/cart: a rule that is not ours stands in KUBE-SVC-I5LIAMPLWKMBJ54B'],
        services: ['shop/cart'],
        missing: 0,
        foreign: 1,
      })
      await expect
        .poll(describeNode)
        .toMatch(/Warning +RulesDrifted .* pointsman .*Service shop\/cart: a rule that is not/)
      for (const table of ['nat', 'mangle', 'filter']) {
        await node.namespace.run('iptables', ['-t', table, '-X', 'KUBE-PROXY-CANARY'])
      }
      expect(await agent.line(({ family }) => family === 'IPv4')).toMatchObject({
        msg: 'the kernel holds what would be programmed again',
      })
    } finally {
      await agent.end('SIGTERM')
    }
  } finally {
    await deleteObjects(server, [...objects, ...readCase('node-port').objects, ...readCase('session-affinity').objects])
  }
}, 240_000)
