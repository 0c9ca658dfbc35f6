import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Field } from '../../src/model/field.ts'
import type { TestApiServer } from '../support/api-server.ts'
import { objectNamed } from './rendered.ts'

/** Writes what the volumes of a pod hold below `directory`; returns where each stands. */
export async function writeVolumes(
  directory: string,
  volumes: readonly Field[],
  objects: readonly Field[],
): Promise<Readonly<Record<string, string>>> {
  const written: Record<string, string> = {}
  for (const volume of volumes) written[volume.get('name').text() ?? ''] = await writeVolume(directory, volume, objects)
  return written
}

/** A ConfigMap as files, a file that is made where it is missing as an empty one; directories of the host as they are. */
async function writeVolume(directory: string, volume: Field, objects: readonly Field[]): Promise<string> {
  const own = await mkdtemp(join(directory, 'volume-'))
  const configMap = volume.get('configMap').get('name').text()
  if (configMap !== undefined) {
    const data = objectNamed(objects, `ConfigMap ${configMap}`).get('data')
    for (const key of data.keys()) await writeFile(join(own, key), data.get(key).text() ?? '')
    return own
  }
  const hostPath = volume.get('hostPath')
  if (hostPath.get('type').text() !== 'FileOrCreate') return hostPath.get('path').text() ?? ''
  await writeFile(join(own, 'file'), '')
  return join(own, 'file')
}

/** What the kubelet mounts of the account of the manifests; returns its directory. */
export async function writeServiceAccount(directory: string, server: TestApiServer): Promise<string> {
  const path = '/api/v1/namespaces/kube-system/serviceaccounts/pointsman/token'
  const answer = new Field(await server.call('POST', path, { spec: { expirationSeconds: 3600 } }))
  const files = {
    token: answer.get('status').get('token').text() ?? '',
    'ca.crt': await server.authorities(),
    namespace: 'kube-system',
  }
  const own = await mkdtemp(join(directory, 'service-account-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(own, name), text)
  return own
}

/** The Service `shop/web` at port 80, whose only endpoint is port 8080 of `endpoint`, and the Node of the pod. */
export function clusterObjects(clusterIP: string, endpoint: string): object {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: [{ addresses: [endpoint], conditions: { ready: true } }],
  }
  const ports = [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }]
  const items = [
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'web' }, spec: { clusterIP, ports } },
    slice,
  ]
  return { apiVersion: 'v1', kind: 'List', items }
}
