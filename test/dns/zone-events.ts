import * as fc from 'fast-check'
import { serviceRecords } from '../../src/dns/service-records.ts'
import type { Zone } from '../../src/dns/zone.ts'
import type { ModelObject } from '../../src/model/object.ts'
import { options, service, slice, zoneOf } from './cluster.ts'

export const ports = [{ name: 'http', protocol: 'TCP', port: 80 }]
// Few names and few addresses, so that services meet at the same PTR, namespace and name server.
export const serviceKeys = ['kube-system/kube-dns', 'web/a', 'web/b', 'db/a', 'db/tcp'] as const
const addresses = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '2001:db8::1', '2001:db8::2'] as const

const key = fc.constantFrom(...serviceKeys)
const address = fc.constantFrom(...addresses)
const endpoint = fc.record({
  addresses: address.map((ip) => [ip]),
  hostname: fc.option(fc.constantFrom('h', 'i'), { nil: undefined }),
  conditions: fc.record({ ready: fc.boolean() }),
})
const spec = fc.oneof(
  fc.record({
    clusterIPs: fc.uniqueArray(address, { maxLength: 2, selector: (ip) => ip.includes(':') }),
    ports: fc.constant(ports),
  }),
  fc.constant({ clusterIP: 'None', ports }),
  fc.record({
    type: fc.constant('ExternalName'),
    externalName: fc.constantFrom('a.web.svc.cluster.local', 'example.com', '192.0.2.1'),
  }),
)

/** Something that changes a zone. */
export const zoneEvent = fc.oneof(
  fc.record({ kind: fc.constant('service' as const), key, spec: fc.option(spec) }),
  fc.record({ kind: fc.constant('slice' as const), key, endpoints: fc.array(endpoint, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('namespace' as const),
    name: fc.constantFrom('web', 'db', 'none'),
    exists: fc.boolean(),
  }),
)

type ZoneEvent = typeof zoneEvent extends fc.Arbitrary<infer T> ? T : never

/** The objects that a zone comes from, as they change. */
export class ZoneObjects {
  readonly #services = new Map<string, ModelObject>()
  readonly #slices = new Map<string, ModelObject>()
  readonly #namespaces = new Set<string>()

  /** Changes the objects, and the zone as the agent does. */
  apply(zone: Zone, change: ZoneEvent): void {
    if (change.kind === 'namespace') {
      if (change.exists) this.#namespaces.add(change.name)
      else this.#namespaces.delete(change.name)
      zone.setNamespace(change.name, change.exists)
      return
    }
    if (change.kind === 'slice') this.#slices.set(change.key, sliceOf(change.key, change.endpoints))
    else if (change.spec) this.#services.set(change.key, service(change.key, change.spec))
    else this.#services.delete(change.key)
    const model = this.#services.get(change.key)
    const ofService = this.#slices.get(change.key)
    const slices = ofService?.kind === 'EndpointSlice' ? [ofService] : []
    zone.setService(change.key, model?.kind === 'Service' ? serviceRecords(model, slices, options) : undefined)
  }

  /** A zone built anew. */
  fresh(): Zone {
    const zone = zoneOf([...this.#services.values(), ...this.#slices.values()])
    for (const name of this.#namespaces) zone.setNamespace(name, true)
    return zone
  }
}

function sliceOf(name: string, endpoints: readonly { readonly addresses: readonly string[] }[]): ModelObject {
  return slice(`${name}-x`, name.split('/')[1] ?? '', oneFamily(endpoints), ports)
}

/** A slice holds one family. */
function oneFamily<T extends { readonly addresses: readonly string[] }>(endpoints: readonly T[]): readonly T[] {
  const isIpv6 = ({ addresses: [ip] }: T): boolean => ip?.includes(':') === true
  const [first] = endpoints
  return first ? endpoints.filter((candidate) => isIpv6(candidate) === isIpv6(first)) : []
}
