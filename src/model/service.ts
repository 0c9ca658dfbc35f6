import { familyOf, parseAddress, type Address } from '../net/address.ts'
import { parseCidr, type Cidr } from '../net/cidr.ts'
import { families, type Family } from '../net/family.ts'
import { protocols, type Protocol } from '../net/protocol.ts'
import type { Field } from './field.ts'
import { parseLabels, type Labels } from './labels.ts'
import { parseMetadata, type Metadata } from './metadata.ts'
import { annotatedScheduler, type IpvsScheduler } from './ipvs-scheduler.ts'
import { labelOf } from './name.ts'
import { optional } from './optional.ts'
import { isProxiedElsewhere } from './proxied-elsewhere.ts'
import { timestampOf } from './timestamp.ts'

export interface ServicePort {
  /** Empty for the only port of a service that did not name it. */
  readonly name: string
  readonly protocol: Protocol
  readonly port: number
  /** Absent when the service has no node port for it. */
  readonly nodePort?: number
}

/** Where a load balancer is: an address, or else a name. */
type Ingress = { readonly address: Address } | { readonly hostname: string }

/** A v1 Service, with the fields that rules and DNS answers are made from. */
export interface Service extends Metadata {
  readonly kind: 'Service'
  /** `metadata.creationTimestamp` in seconds since 1970; absent in a manifest that never met an API server. */
  readonly createdAt?: number
  readonly labels?: Labels
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
  /** `clusterIP: None`: DNS lists its endpoints, no rule is written. */
  readonly headless: boolean
  /** At most one per family, in the order of `spec.clusterIPs`; empty when headless, ExternalName or not yet allocated. */
  readonly clusterIps: readonly Address[]
  readonly ports: readonly ServicePort[]
  /** How long a client stays with one endpoint, in seconds; absent without ClientIP affinity. Kubernetes default 10800. */
  readonly affinitySeconds?: number
  /** The target of an ExternalName service, as written; absent for every other type. */
  readonly externalName?: string
  readonly externalIps: readonly Address[]
  /** `status.loadBalancer.ingress[].ip`, without those whose ipMode is anything but VIP, its default. Source: KEP-1860. */
  readonly loadBalancerIps: readonly Address[]
  /** `status.loadBalancer.ingress[]`, whatever the ipMode: the names for outside stand for them. */
  readonly ingress: readonly Ingress[]
  readonly sourceRanges: readonly Cidr[]
  readonly externalPolicyLocal: boolean
  readonly internalPolicyLocal: boolean
  /** Absent unless the type is LoadBalancer with externalTrafficPolicy Local. */
  readonly healthCheckNodePort?: number
  /** Its own scheduler in IPVS mode; absent: the node's counts. */
  readonly ipvsScheduler?: IpvsScheduler
  /** Carries `service.kubernetes.io/service-proxy-name` or `.../headless`: another proxy programs it; DNS still answers. */
  readonly proxiedElsewhere: boolean
}

const types = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const
const policies = ['Cluster', 'Local'] as const

export function parseService(object: Field): Service {
  const metadata = parseMetadata(object)
  // Slices and endpoints may have dots in their names; a service's is one label of a DNS name.
  labelOf(object.get('metadata').get('name'))
  const spec = object.get('spec')
  const type = spec.get('type').oneOf(types) ?? 'ClusterIP'
  const headless = spec.get('clusterIP').value === 'None' || spec.get('clusterIPs').items()[0]?.value === 'None'
  const externalIps = spec.get('externalIPs').items()
  const reachedFromOutside = type === 'NodePort' || type === 'LoadBalancer' || externalIps.length > 0
  const externalPolicyLocal = reachedFromOutside && spec.get('externalTrafficPolicy').oneOf(policies) === 'Local'
  return {
    kind: 'Service',
    ...metadata,
    ...optional('createdAt', timestampOf(object.get('metadata').get('creationTimestamp'))),
    ...optional('labels', parseLabels(object.get('metadata'))),
    type,
    headless,
    clusterIps: headless || type === 'ExternalName' ? [] : clusterIps(spec),
    ports: parsePorts(spec.get('ports').items()),
    ...optional('affinitySeconds', affinitySeconds(spec)),
    ...optional('externalName', type === 'ExternalName' ? externalName(spec.get('externalName')) : undefined),
    externalIps: looseAddresses(externalIps),
    loadBalancerIps: loadBalancerIps(object.get('status').get('loadBalancer')),
    ingress: parseIngress(object.get('status').get('loadBalancer')),
    sourceRanges: spec
      .get('loadBalancerSourceRanges')
      .items()
      .flatMap((item) => parseCidr(item.text()?.trim() ?? '') ?? []),
    externalPolicyLocal,
    internalPolicyLocal: spec.get('internalTrafficPolicy').oneOf(policies) === 'Local',
    ...optional(
      'healthCheckNodePort',
      type === 'LoadBalancer' && externalPolicyLocal ? portNumber(spec.get('healthCheckNodePort')) : undefined,
    ),
    ...optional('ipvsScheduler', annotatedScheduler(object.get('metadata'))),
    proxiedElsewhere: isProxiedElsewhere(object.get('metadata').get('labels')),
  }
}

/** Name and protocol tell ports apart, in rules as in slices. */
export function parsePorts(fields: readonly Field[]): readonly ServicePort[] {
  const seen = new Set<string>()
  return fields.map((field) => {
    const port = parsePort(field)
    const key = `${port.name}/${port.protocol}`
    if (seen.has(key)) throw field.get('name').error(`a name that no other ${port.protocol} port of the service has`)
    seen.add(key)
    return port
  })
}

function parsePort(port: Field): ServicePort {
  const number = port.get('port').integer(1, 65535)
  if (number === undefined) throw port.get('port').error('an integer from 1 to 65535')
  return {
    name: labelOf(port.get('name')) ?? '',
    protocol: port.get('protocol').oneOf(protocols) ?? 'TCP',
    port: number,
    ...optional('nodePort', portNumber(port.get('nodePort'))),
  }
}

/** A port; the API server writes 0 where it means none. */
function portNumber(field: Field): number | undefined {
  const number = field.integer(0, 65535)
  return number === 0 ? undefined : number
}

/**
 * With `ipFamilies`, the first cluster IP listed under each family; without (an object older than dual stack),
 * `spec.clusterIP` alone. Source: KEP-563.
 */
function clusterIps(spec: Field): readonly Address[] {
  const listed = spec.get('clusterIPs').items()
  const single = spec.get('clusterIP')
  const fields = listed.length > 0 ? listed : [single]
  const ipFamilies = spec
    .get('ipFamilies')
    .items()
    .map((item) => item.oneOf(families))
  const found = new Map<Family, Address>()
  for (const [i, field] of (ipFamilies.length > 0 ? fields : [single]).entries()) {
    const text = field.text() ?? ''
    if (text === '') continue
    const address = parseAddress(text)
    if (address === undefined) throw field.error('an IP address or None')
    const family = familyOf(address)
    if (ipFamilies.length > 0 && ipFamilies[i] !== family) continue
    if (!found.has(family)) found.set(family, address)
  }
  return [...found.values()]
}

function affinitySeconds(spec: Field): number | undefined {
  if (spec.get('sessionAffinity').oneOf(['None', 'ClientIP']) !== 'ClientIP') return undefined
  return spec.get('sessionAffinityConfig').get('clientIP').get('timeoutSeconds').integer(1, 86400) ?? 10800
}

function externalName(field: Field): string | undefined {
  const text = field.text()
  if (text === undefined || text === '') throw field.error('a DNS name, because the type is ExternalName')
  const labels = text.replace(/\.$/, '').split('.')
  if (text.length > 254 || !labels.every((label) => /^[!-~]{1,63}$/.test(label))) {
    throw field.error('a DNS name of labels with at most 63 characters, 253 together')
  }
  return text
}

function loadBalancerIps(loadBalancer: Field): readonly Address[] {
  const ingress = loadBalancer.get('ingress').items()
  return looseAddresses(
    ingress.filter((entry) => (entry.get('ipMode').text() ?? 'VIP') === 'VIP').map((entry) => entry.get('ip')),
  )
}

function parseIngress(loadBalancer: Field): readonly Ingress[] {
  return loadBalancer
    .get('ingress')
    .items()
    .flatMap((entry): readonly Ingress[] => {
      const ip = entry.get('ip').text() ?? ''
      const address = parseAddress(ip)
      const hostname = entry.get('hostname').text() ?? ''
      if (address !== undefined) return [{ address }]
      return ip === '' && hostname !== '' ? [{ hostname }] : []
    })
}

/** Addresses that the API server does not check strictly: blank and unreadable ones are passed over, as kube-proxy does. */
function looseAddresses(fields: readonly Field[]): readonly Address[] {
  // Each once: two rules that say the same cannot be told apart when one of them goes.
  return [...new Set(fields.flatMap((field) => parseAddress(field.text() ?? '') ?? []))]
}
