import { beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../src/host/command.ts'
import type { Field } from '../../src/model/field.ts'
import { helmBinary } from '../support/kubernetes-binaries.ts'
import { textsOf } from './pod-container.ts'
import { anyHost, chart, helmTemplate, nameOf, objectNamed, objectsIn } from './rendered.ts'

// The first time it is built, which takes minutes.
beforeAll(() => helmBinary().then(() => undefined), 600_000)

test('helm finds nothing wrong with it', async () => {
  const args = [
    'lint',
    '--strict',
    '--quiet',
    '--namespace',
    'kube-system',
    '--set',
    `k8sServiceHost=${anyHost}`,
    chart,
  ]
  expect(await runCommand(await helmBinary(), args)).toBe('')
})

test.each([
  { values: ['mod=ipvs'], says: "additional properties 'mod' not allowed" },
  { values: ['mode=nftables'], says: "at '/mode': value must be one of 'iptables', 'ipvs'" },
  { values: ['k8sServiceHost='], says: "at '/k8sServiceHost': minLength: got 0, want 1" },
  {
    values: ['k8sServiceHost=https://192.0.2.1'],
    says: "at '/k8sServiceHost': 'https://192.0.2.1' does not match pattern",
  },
  { values: ['k8sServicePort=0'], says: "at '/k8sServicePort': minimum: got 0, want 1" },
  { values: ['dns.clusterIP=kube-dns'], says: "at '/dns/clusterIP'" },
  { values: ['dns.trafficDistribution=Local'], says: "at '/dns/trafficDistribution'" },
  { values: ['kubeProxy.config.mode=ipvs'], says: "at '/kubeProxy/config/mode'" },
  { values: ['observeOnly=maybe'], says: "at '/observeOnly': got string, want boolean" },
  { values: ['maxUnavailable=half'], says: "at '/maxUnavailable'" },
  { values: ['kubeProxy.enabled=false', 'dns.enabled=false'], says: "'anyOf' failed" },
])('it refuses $values', async ({ values, says }) => {
  // helm prints several lines, of which a CommandError has only the first.
  await expect(helmTemplate(...values)).rejects.toMatchObject({ stderr: expect.stringContaining(says) })
})

test('it refuses another namespace', async () => {
  const args = ['template', 'pointsman', chart, '--namespace', 'shop', '--set', `k8sServiceHost=${anyHost}`]
  await expect(runCommand(await helmBinary(), args)).rejects.toThrow('the namespace must be kube-system')
})

test.each([
  { values: ['observeOnly=true'], flags: ['--observe'] },
  { values: ['kubeProxy.enabled=false'], flags: ['--no-proxy'] },
  { values: ['dns.nodeLocal=true'], flags: ['--node-local-dns'] },
  { values: ['dns.nodeLocal=true', 'mode=ipvs'], flags: ['--node-local-dns=169.254.20.10'] },
])('$values becomes $flags', async ({ values, flags }) => {
  const [before, after] = [await argsWith(), await argsWith(...values)]
  expect(after.filter((arg) => !before.includes(arg))).toEqual(flags)
})

test('without DNS nothing of it is left', async () => {
  const objects = objectsIn(await helmTemplate('dns.enabled=false'))
  const without = new Set(objects.map(nameOf))
  const all = objectsIn(await helmTemplate()).map(nameOf)
  expect(all.filter((name) => !without.has(name))).toEqual(['ConfigMap pointsman-dns', 'Service kube-dns'])
  expect(daemonSet(objects).get('template').get('metadata').get('labels').keys()).toEqual(['app.kubernetes.io/name'])
  expect(await argsWith('dns.enabled=false')).toContain('--no-dns')
})

test.each([['kubeProxy.enabled=false'], ['observeOnly=true']])('with %s nothing privileged is run', async (value) => {
  const spec = daemonSet(objectsIn(await helmTemplate(value)))
    .get('template')
    .get('spec')
  expect(JSON.stringify(spec.value)).not.toContain('privileged')
})

// Where we program no rules nobody answers at 10256, or kube-proxy does.
test.each([
  { values: [], live: '10256/livez', ready: '8181/ready' },
  { values: ['dns.enabled=false'], live: '10256/livez', ready: '10256/healthz' },
  { values: ['kubeProxy.enabled=false'], live: '8080/health', ready: '8181/ready' },
  { values: ['observeOnly=true'], live: '8080/health', ready: '8181/ready' },
  { values: ['observeOnly=true', 'dns.enabled=false'], live: undefined, ready: undefined },
])('with $values the kubelet asks $live and $ready', async ({ values, live, ready }) => {
  const agent = await agentWith(...values)
  const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) => agent.get(name).get('httpGet'))
  const asked = probes.map((get) => get.value && `${get.get('port').integer(1, 65535)}${get.get('path').text()}`)
  expect(asked).toEqual([live, live, ready])
})

test("kubeadm's own ConfigMaps take the place of ours", async () => {
  const objects = objectsIn(
    await helmTemplate('kubeProxy.existingConfigMap=kube-proxy', 'dns.existingConfigMap=coredns'),
  )
  expect(objects.map(nameOf).filter((name) => name.startsWith('ConfigMap'))).toEqual(['ConfigMap pointsman-api-server'])
  const volumes = daemonSet(objects).get('template').get('spec').get('volumes').items()
  expect(volumes.flatMap((volume) => volume.get('configMap').get('name').text() ?? [])).toEqual([
    'kube-proxy',
    'coredns',
  ])
})

function daemonSet(objects: readonly Field[]): Field {
  return objectNamed(objects, 'DaemonSet pointsman').get('spec')
}

async function argsWith(...values: readonly string[]): Promise<readonly string[]> {
  return textsOf((await agentWith(...values)).get('args'))
}

async function agentWith(...values: readonly string[]): Promise<Field> {
  const spec = daemonSet(objectsIn(await helmTemplate(...values)))
    .get('template')
    .get('spec')
  const [agent] = spec.get('containers').items()
  if (agent === undefined) throw spec.error('a container')
  return agent
}
