import type { Metadata } from '../model/metadata.ts'
import { nameBytes } from './name.ts'
import type { ZoneOptions } from './zone-options.ts'

/** The domains, absolute and in lower case, the one that PTR records point into first: `cluster.local.`. */
export function apexNames(options: ZoneOptions): readonly string[] {
  return [options.domain, ...(options.otherDomains ?? [])].map(zoneName)
}

/** The zones of addresses: `in-addr.arpa.`. */
export function reverseNames(options: ZoneOptions): readonly string[] {
  return (options.reverseZones ?? ['in-addr.arpa', 'ip6.arpa']).map(zoneName)
}

/** What every domain has whatever is in the cluster: `svc.cluster.local.`, `pod.cluster.local.`. */
export function structureNames(options: ZoneOptions): readonly string[] {
  return apexNames(options).flatMap((apex) => (options.external ? [] : [`svc.${apex}`, `pod.${apex}`]))
}

/** What a namespace makes exist: `shop.svc.cluster.local.`, and with names of pods `shop.pod.cluster.local.`. */
export function namespaceNames(namespace: string, options: ZoneOptions): readonly string[] {
  const pods = options.pods === undefined ? [] : apexNames(options).map((apex) => `${namespace}.pod.${apex}`)
  return [...serviceParents(options).map((parent) => `${namespace}.${parent}`), ...pods]
}

/** The name of a Service in each domain: `cart.shop.svc.cluster.local.`. */
export function serviceNames({ name, namespace }: Metadata, options: ZoneOptions): readonly string[] {
  return serviceParents(options).map((parent) => `${name}.${namespace}.${parent}`)
}

/** What namespaces are directly below. */
function serviceParents(options: ZoneOptions): readonly string[] {
  return apexNames(options).map((apex) => (options.external ? apex : `svc.${apex}`))
}

function zoneName(text: string): string {
  const name = `${text.toLowerCase().replace(/\.$/, '')}.`
  if (name === '.' || nameBytes(name) === undefined) {
    throw new SyntaxError(`Cannot serve the zone "${text}": it is not a DNS name`)
  }
  return name
}
