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
])('$values becomes $flags', async ({ values, flags }) => {
  const [before, after] = [await argsWith(), await argsWith(...values)]
  expect(after.filter((arg) => !before.includes(arg))).toEqual(flags)
})

test('without DNS nothing of it is left, and readiness is that of the rules', async () => {
  const objects = objectsIn(await helmTemplate('dns.enabled=false'))
  const without = new Set(objects.map(nameOf))
  expect(
    objectsIn(await helmTemplate())
      .map(nameOf)
      .filter((name) => !without.has(name)),
  ).toEqual(['ConfigMap pointsman-dns', 'Service kube-dns'])
  const template = daemonSet(objects).get('template')
  expect(template.get('metadata').get('labels').keys()).toEqual(['app.kubernetes.io/name'])
  const [agent] = template.get('spec').get('containers').items()
  expect(textsOf(agent?.get('args') ?? template)).toContain('--no-dns')
  expect(agent?.get('readinessProbe').get('httpGet').value).toEqual({ path: '/healthz', port: 10256 })
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
  const [agent] = daemonSet(objectsIn(await helmTemplate(...values)))
    .get('template')
    .get('spec')
    .get('containers')
    .items()
  return agent === undefined ? [] : textsOf(agent.get('args'))
}
