import type { ServiceRecords } from '../../src/dns/service-records.ts'
import { serviceRecords } from '../../src/dns/service-records.ts'
import { options, service } from './cluster.ts'

/** Services that change together; the first two are in one namespace. */
export const versionedKeys = ['web/one', 'web/two', 'db/three', 'kube-system/kube-dns'] as const

/** The names that say which version a zone is of. */
export const versionedNames = versionedKeys.map((key) => `${key.split('/').reverse().join('.')}.svc.cluster.local.`)

/** A service of which every record says the version: `10.0.1.2` and `2001:db8::102` for 258, and its port. */
export function versionedRecords(key: string, version: number): ServiceRecords {
  const clusterIPs = [
    `10.${version >> 16}.${(version >> 8) & 255}.${version & 255}`,
    `2001:db8::${version.toString(16)}`,
  ]
  const model = service(key, { clusterIPs, ports: [{ name: 'http', protocol: 'TCP', port: version }] })
  if (model.kind !== 'Service') throw new TypeError('the fixture is no Service')
  return serviceRecords(model, [], options)
}
