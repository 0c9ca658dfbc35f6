import { parseAddress, type Address } from '../net/address.ts'
import type { Field } from './field.ts'
import { parseLabels, type Labels } from './labels.ts'
import { parseMetadata, type Metadata } from './metadata.ts'
import { optional } from './optional.ts'

/** A v1 Pod, with what its resolv.conf and its DNS names are made from. */
export interface Pod extends Metadata {
  readonly kind: 'Pod'
  readonly labels?: Labels
  /** `status.podIPs`, at most one per family; absent until the pod has some. */
  readonly ips?: readonly Address[]
  /** Absent in a manifest that never met a cluster. */
  readonly phase?: (typeof phases)[number]
  /** Has a deletionTimestamp: it runs on until its containers have ended. */
  readonly deleting?: true
  /** Absent until it is scheduled. */
  readonly nodeName?: string
  readonly hostNetwork: boolean
  readonly dnsPolicy: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None'
  /** `dnsConfig.searches`, appended to the list of the policy. */
  readonly searches: readonly string[]
  /** `dnsConfig.options` ndots; absent when the pod does not set it. */
  readonly ndots?: number
}

const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const
const policies = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'] as const

export function parsePod(object: Field): Pod {
  const metadata = parseMetadata(object)
  const spec = object.get('spec')
  const dnsConfig = spec.get('dnsConfig')
  return {
    kind: 'Pod',
    ...metadata,
    ...optional('labels', parseLabels(object.get('metadata'))),
    ...optional('ips', podIps(object.get('status'))),
    ...optional('phase', object.get('status').get('phase').oneOf(phases)),
    ...(object.get('metadata').get('deletionTimestamp').value !== undefined && { deleting: true }),
    ...optional('nodeName', spec.get('nodeName').text()),
    hostNetwork: spec.get('hostNetwork').flag() ?? false,
    dnsPolicy: spec.get('dnsPolicy').oneOf(policies) ?? 'ClusterFirst',
    searches: dnsConfig
      .get('searches')
      .items()
      .flatMap((item) => item.text() ?? []),
    ...optional('ndots', ndots(dnsConfig.get('options').items())),
  }
}

/** An object older than dual stack has `podIP` alone. */
function podIps(status: Field): readonly Address[] | undefined {
  const listed = status.get('podIPs').items()
  const fields = listed.length > 0 ? listed.map((item) => item.get('ip')) : [status.get('podIP')]
  const addresses = fields.flatMap((field) => parseAddress(field.text() ?? '') ?? [])
  return addresses.length === 0 ? undefined : addresses
}

function ndots(options: readonly Field[]): number | undefined {
  const value = options.find((option) => option.get('name').value === 'ndots')?.get('value')
  if (value === undefined) return undefined
  const text = value.text() ?? ''
  if (!/^\d{1,3}$/.test(text)) throw value.error('a number in quotes, such as "5"')
  // glibc caps ndots at 15 (resolv.conf(5)).
  return Math.min(Number(text), 15)
}
