import { serviceRecords } from '../../src/dns/service-records.ts'
import { Zone } from '../../src/dns/zone.ts'
import type { ZoneOptions } from '../../src/dns/zone-options.ts'
import type { EndpointSlice } from '../../src/model/endpoint-slice.ts'
import { Field } from '../../src/model/field.ts'
import { keyOf } from '../../src/model/metadata.ts'
import { parseObject, type ModelObject } from '../../src/model/object.ts'

export const options: ZoneOptions = { domain: 'cluster.local', ttl: 5 }

/** A Service as the API server writes it: `service('web/front', { clusterIPs: ['10.96.0.10'], ports: [...] })`. */
export function service(key: string, spec: Readonly<Record<string, unknown>>): ModelObject {
  const ips = Array.isArray(spec['clusterIPs']) ? (spec['clusterIPs'] as readonly string[]) : []
  return parsed({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(key),
    spec: { clusterIP: ips[0], ipFamilies: ips.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4')), ...spec },
  })
}

/** A slice `web/front-x` of service `front`; an endpoint is an address, or an object with more fields. */
export function slice(
  key: string,
  serviceName: string,
  endpoints: readonly (string | Readonly<Record<string, unknown>>)[],
  ports: readonly Readonly<Record<string, unknown>>[] = [],
): ModelObject {
  const all = endpoints.map((endpoint) => (typeof endpoint === 'string' ? { addresses: [endpoint] } : endpoint))
  return parsed({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata(key), labels: { 'kubernetes.io/service-name': serviceName } },
    addressType: JSON.stringify(all).includes('::') ? 'IPv6' : 'IPv4',
    endpoints: all,
    ports,
  })
}

export function namespace(name: string): ModelObject {
  return parsed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
}

/** The synced zone of these objects. */
export function zoneOf(objects: readonly ModelObject[], zoneOptions = options): Zone {
  const zone = new Zone(zoneOptions)
  zone.synced = true
  for (const object of objects) {
    if (object.kind === 'Namespace') zone.setNamespace(object.name, true)
    if (object.kind !== 'Service') continue
    zone.setService(keyOf(object), serviceRecords(object, slicesOf(objects, keyOf(object)), zoneOptions))
  }
  return zone
}

function slicesOf(objects: readonly ModelObject[], key: string): readonly EndpointSlice[] {
  return objects.flatMap((object) =>
    object.kind === 'EndpointSlice' && `${object.namespace}/${object.serviceName}` === key ? [object] : [],
  )
}

function metadata(key: string): { readonly namespace: string; readonly name: string } {
  const [space = '', name = ''] = key.split('/')
  return { namespace: space, name }
}

function parsed(object: unknown): ModelObject {
  const model = parseObject(new Field(object))
  if (model === undefined) throw new TypeError('the fixture is not an object that the model knows')
  return model
}
