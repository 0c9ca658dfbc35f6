import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestApiServer } from '../support/api-server.ts'
import { pointsman } from '../support/command-line.ts'
import { connect, type Kubectl } from './kubectl.ts'
import { helmTemplate, kustomize, nameOf, objectNamed, objectsIn, readObject } from './rendered.ts'

const existing = ['kubeProxy.existingConfigMap=kube-proxy', 'dns.existingConfigMap=coredns', 'k8sServiceHost=']

/** Everything that can be given to a cluster. */
const sources: Readonly<Record<string, () => Promise<string>>> = {
  'docker/manifests': () => kustomize('docker/manifests'),
  'docker/kind': () => kustomize('docker/kind'),
  'docker/manifests with docker/pods': () => withComponent(),
  'docker/cleanup.yaml': () => readFile('docker/cleanup.yaml', 'utf8'),
  'the chart': () => helmTemplate(),
  'the chart, every part of it': () => helmTemplate('dns.nodeLocal=true', 'dns.readPods=true', 'mode=ipvs'),
  'the chart, only DNS': () => helmTemplate('kubeProxy.enabled=false'),
  'the chart, only rules': () => helmTemplate('dns.enabled=false', 'observeOnly=true'),
  'the chart with ConfigMaps of kubeadm': () => helmTemplate(...existing),
}
const names = Object.keys(sources)

let server: TestApiServer
let kubectl: Kubectl
const directories: string[] = []

beforeAll(async () => {
  server = await TestApiServer.start()
  kubectl = await connect(server)
}, 120_000)

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  for (const directory of directories) await rm(directory, { recursive: true })
})

const dryRun = (input: string) => kubectl(['apply', '--dry-run=server', '--filename=-', '--output=name'], input)

test.each(names)('the API server takes %s', async (name) => {
  const yaml = await rendered(name)
  const taken = await dryRun(yaml)
  expect(taken.trim().split('\n')).toHaveLength(objectsIn(yaml).length)
})

test.each(names)('it would admit the pods of %s', async (name) => {
  const daemonSet = objectsIn(await rendered(name)).find((object) => nameOf(object).startsWith('DaemonSet '))
  const template = daemonSet?.get('spec').get('template')
  const metadata = { name: 'pointsman-x', namespace: 'kube-system' }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: template?.get('spec').value }
  expect(await dryRun(JSON.stringify(pod))).toBe('pod/pointsman-x\n')
})

test('it refuses a field that it does not know, and a value that it does not', async () => {
  const yaml = await rendered('docker/manifests')
  await expect(dryRun(yaml.replace('hostNetwork: true', 'hostNetworks: true'))).rejects.toThrow('unknown field')
  await expect(dryRun(yaml.replace('PreferSameNode', 'PreferSameRack'))).rejects.toThrow('spec.trafficDistribution')
})

const configured = ['docker/manifests', 'docker/kind', 'the chart, every part of it']

test.each(configured)('%s configures us in words that we know', async (name) => {
  const objects = objectsIn(await rendered(name))
  const config = await fileOf(objectNamed(objects, 'ConfigMap pointsman-proxy').get('data').get('config.conf').text())
  expect(await pointsman(['render', '-f', 'rulesets/clusters/two-ports.yaml', '--config', config])).toMatchObject({
    exitCode: 0,
    stderr: '',
  })
  const corefile = await fileOf(objectNamed(objects, 'ConfigMap pointsman-dns').get('data').get('Corefile').text())
  expect(await pointsman(['check-corefile', corefile])).toMatchObject({ exitCode: 0, stderr: '' })
})

test('the chart without further values is the base', async () => {
  const [base, chart] = [await rendered('docker/manifests'), await rendered('the chart')]
  // The one thing that Helm alone needs to be told.
  const keep = 'helm.sh/resource-policy: keep'
  expect(chart).toContain(keep)
  expect(comparable(chart.replace(keep, ''))).toEqual(comparable(base))
})

test('the kind cluster is the one that its overlay is for', async () => {
  const networking = (await readObject('docker/kind/cluster.yaml')).get('networking')
  expect(networking.get('kubeProxyMode').text()).toBe('none')
  const objects = objectsIn(await rendered('docker/kind'))
  const config = objectNamed(objects, 'ConfigMap pointsman-proxy').get('data').get('config.conf').text()
  expect(config).toContain(`clusterCIDR: ${networking.get('podSubnet').text()}\n`)
})

test('the commands of docs/kubernetes.md remove everything but the Service kube-dns', async () => {
  await kubectl(['apply', '--filename=-'], await rendered('docker/manifests'))
  const commands = [...(await readFile('docs/kubernetes.md', 'utf8')).matchAll(/^kubectl (.*delete .* -l .*)$/gm)]
  for (const [, args = ''] of commands) await kubectl(args.split(' '))
  const left: string[] = []
  for (const object of objectsIn(await rendered('docker/manifests'))) {
    const [kind = '', name = ''] = nameOf(object).split(' ')
    const found = await kubectl(['-n', 'kube-system', 'get', kind, name, '--ignore-not-found', '--output=name'])
    left.push(...found.split('\n').filter((line) => line !== ''))
  }
  expect(left).toEqual(['service/kube-dns'])
}, 60_000)

function rendered(name: string): Promise<string> {
  const render = sources[name]
  if (render === undefined) throw new Error(`no source ${name}`)
  return render()
}

/** Objects by name, and what their texts say in place of how. */
function comparable(yaml: string): unknown {
  const objects = objectsIn(yaml).map((object): readonly [string, unknown] => {
    const text = object.get('data').get('config.conf').text()
    return [nameOf(object), text === undefined ? object.value : objectsIn(text).map(({ value }) => value)]
  })
  return Object.fromEntries(objects)
}

async function withComponent(): Promise<string> {
  const directory = await temporaryDirectory()
  // Kustomize takes no absolute paths.
  const [base, pods] = ['docker/manifests', 'docker/pods'].map((path) => relative(directory, resolve(path)))
  await writeFile(join(directory, 'kustomization.yaml'), JSON.stringify({ resources: [base], components: [pods] }))
  return kustomize(directory)
}

async function fileOf(text: string | undefined): Promise<string> {
  const file = join(await temporaryDirectory(), 'file')
  await writeFile(file, text ?? '')
  return file
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  directories.push(directory)
  return directory
}
