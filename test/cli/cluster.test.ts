import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../src/host/command.ts'
import { ApiServer } from '../../src/kube/api-server.ts'
import { listCluster } from '../../src/kube/list-cluster.ts'
import { objectName } from '../../src/model/object.ts'
import { TestApiServer, token } from '../support/api-server.ts'
import { Folder } from '../support/folder.ts'
import { pointsmanHere } from '../support/in-process.ts'
import { base64, kubeconfigOf } from '../support/kubeconfig.ts'
import { kubectlBinary } from '../support/kubernetes-binaries.ts'

const everything = 'services,endpointslices,namespaces,nodes,pods'
let server: TestApiServer
let folder: Folder
/** Of the administrator. */
let kubeconfig: string
/** The state of the same cluster, as kubectl has it. */
let file: string

beforeAll(async () => {
  server = await TestApiServer.start()
  folder = await Folder.make()
  kubeconfig = await kubeconfigWith('admin', { token })
  await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
  await makeObjects()
  file = await folder.write('cluster.json', await kubectl('get', everything, '-A', '-o', 'json'))
}, 600_000)

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

async function kubeconfigWith(name: string, user: Readonly<Record<string, unknown>>): Promise<string> {
  const cluster = {
    server: `https://127.0.0.1:${server.port}`,
    'certificate-authority-data': base64(await server.authorities()),
  }
  return folder.write(name, kubeconfigOf(cluster, user))
}

async function kubectl(...args: readonly string[]): Promise<string> {
  return runCommand(await kubectlBinary(), ['--kubeconfig', kubeconfig, ...args])
}

/** More services than a page holds, and one object of each other kind. */
async function makeObjects(): Promise<void> {
  const services = '/api/v1/namespaces/shop/services'
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
  const make = (name: string) => server.call('POST', services, { metadata: { name }, spec: { ports } })
  const names = Array.from({ length: 300 }, (_, i) => `s${i}`)
  while (names.length > 0) await Promise.all(names.splice(0, 20).map(make))
  await make('cart')
  await server.call('POST', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', {
    metadata: { name: 'cart-1', labels: { 'kubernetes.io/service-name': 'cart' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.1.5'], nodeName: 'worker-1', conditions: { ready: true } }],
    ports: [{ name: 'http', port: 8080 }],
  })
  await server.call('POST', '/api/v1/nodes', { metadata: { name: 'worker-1' } })
  await server.call('POST', '/api/v1/namespaces/shop/pods', {
    metadata: { name: 'web-0' },
    spec: { dnsPolicy: 'ClusterFirst', containers: [{ name: 'web', image: 'example.test/web' }] },
  })
}

/** What a command prints with the state of the API server, and with that of the file. */
async function both(...args: readonly string[]) {
  const [command = '', ...rest] = args
  const words = [...rest, '--node', 'worker-1']
  return {
    asked: await pointsmanHere([command, '--kubeconfig', kubeconfig, ...words]),
    read: await pointsmanHere([command, '-f', file, ...words]),
  }
}

test('render prints what it prints of the output of kubectl', async () => {
  const { asked, read } = await both('render', '--cluster-cidr', '10.244.0.0/16')
  expect(new Set(asked.stdout.match(/shop\/\w+:http/g))).toHaveProperty('size', 301)
  expect(asked).toEqual({ ...read, exitCode: 0, stderr: '' })
})

test('diff finds no difference to the output of kubectl, and one after a change', async () => {
  const { asked, read } = await both('diff', '--against', file)
  expect(asked).toEqual({ ...read, exitCode: 0, stderr: '' })
  const changed = await folder.write('changed.json', JSON.stringify(JSON.parse(await readCart()), undefined, 2))
  const { asked: other, read: otherRead } = await both('diff', '--against', changed)
  expect(other.exitCode).toBe(1)
  expect(other).toEqual(otherRead)
})

async function readCart(): Promise<string> {
  return kubectl('-n', 'shop', 'get', 'service', 'cart', '-o', 'json')
}

test('resolve says what it says of the output of kubectl', async () => {
  const { asked, read } = await both('resolve', 'cart', 'A', '--from', 'shop/web-0')
  expect(asked.stdout).toContain('cart.shop.svc.cluster.local. A NOERROR')
  expect(asked).toEqual({ ...read, exitCode: 0, stderr: '' })
})

/** The names of all that a command takes of the cluster. */
async function listed(): Promise<readonly string[]> {
  const client = new ApiServer(await server.credentials())
  try {
    const { objects, problems } = await listCluster(client)
    expect(problems).toEqual([])
    return objects.map((object) => objectName(object))
  } finally {
    await client.close()
  }
}

test('imported services are listed once the API has them', async () => {
  const before = await listed()
  const group = 'multicluster.x-k8s.io'
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await server.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: {
      name: `serviceimports.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/enhancements/pull/1645' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'serviceimports', singular: 'serviceimport', kind: 'ServiceImport' },
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema }],
    },
  })
  const imports = `/apis/${group}/v1alpha1/namespaces/shop/serviceimports`
  const object = {
    apiVersion: `${group}/v1alpha1`,
    kind: 'ServiceImport',
    metadata: { name: 'search' },
    spec: { type: 'ClusterSetIP', ips: ['10.97.0.7'], ports: [{ port: 80, protocol: 'TCP' }] },
  }
  await expect
    .poll(() => server.call('POST', imports, object).then(() => 'made', String), { timeout: 20_000 })
    .toBe('made')
  const after = await listed()
  expect(after.filter((name) => !before.includes(name))).toEqual(['ServiceImport shop/search'])
})

test('what may not be listed is said in one sentence, and gone without', async () => {
  const rules = [
    { apiGroups: [''], resources: ['services'], verbs: ['list'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
  ]
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  await server.call('POST', `${rbac}/clusterroles`, { metadata: { name: 'proxy' }, rules })
  await server.call('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name: 'proxy' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'proxy' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'proxies' }],
  })
  const { cert, key } = await server.clientCertificate('proxy', 'proxies')
  const path = await kubeconfigWith('proxy', {
    'client-certificate-data': base64(cert),
    'client-key-data': base64(key),
  })
  const args = ['--document', 'iptables-ipv4.rules', '--node', 'worker-1']
  const less = await folder.write('less.json', await kubectl('get', 'services,endpointslices', '-A', '-o', 'json'))
  const { stdout } = await pointsmanHere(['render', '-f', less, ...args])
  const asked = await pointsmanHere(['render', '--kubeconfig', path, ...args])
  expect(asked.stderr.split('\n')).toEqual([
    expect.stringMatching(
      /^The API server lets us list no Namespace, no Node, no Pod(, no ServiceImport)?; going on without$/,
    ),
    '',
  ])
  expect(asked).toMatchObject({ exitCode: 0, stdout })
})

test.each<[string, () => Promise<string>, string | RegExp]>([
  [
    'a user without rights',
    async () => {
      const { cert, key } = await server.clientCertificate('nobody', 'nobodies')
      return kubeconfigWith('nobody', { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) })
    },
    /^Cannot list \/api\/v1\/services: the API server said 403: services is forbidden: User "nobody" cannot list resource "services"/,
  ],
  [
    'a token that is not good',
    () => kubeconfigWith('wrong', { token: 'not-the-token' }),
    'Cannot list /api/v1/services: the API server said 401: Unauthorized\n',
  ],
  [
    'a server that does not answer',
    () => folder.write('silent', kubeconfigOf({ server: 'https://127.0.0.1:1' }, { token })),
    'Cannot ask the API server at https://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n',
  ],
])('%s is a sentence', async (_, make, says) => {
  const { exitCode, stdout, stderr } = await pointsmanHere(['render', '--kubeconfig', await make()])
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  if (typeof says === 'string') expect(stderr).toBe(says)
  else expect(stderr).toMatch(says)
})

test('clientConnection.kubeconfig of --config is honoured, the flag wins, and -f before both', async () => {
  const config = await folder.write('config.yaml', {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig },
  })
  const gone = await folder.write('gone.yaml', {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: '/nowhere/kubeconfig' },
  })
  const args = ['resolve', 'cart.shop.svc.cluster.local', 'A']
  for (const words of [
    ['--config', config],
    ['--config', gone, '--kubeconfig', kubeconfig],
    ['--config', gone, '-f', file],
  ]) {
    expect(await pointsmanHere([...args, ...words])).toMatchObject({ exitCode: 0, stderr: '' })
  }
  expect(await pointsmanHere([...args, '--config', gone])).toMatchObject({
    exitCode: 2,
    stderr: 'Cannot read kubeconfig /nowhere/kubeconfig: no such file or directory\n',
  })
})
