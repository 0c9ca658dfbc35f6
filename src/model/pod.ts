import { parseAddress, type Address } from '../net/address.ts'
import type { Field } from './field.ts'
import { parseLabels, type Labels } from './labels.ts'
import { parseMetadata, type Metadata } from './metadata.ts'
import { optional } from './optional.ts'
import { timestampOf } from './timestamp.ts'

/** A v1 Pod, with what its resolv.conf and its DNS names are made from, and what tells whose address a query comes from. */
export interface Pod extends Metadata {
  readonly kind: 'Pod'
  readonly labels?: Labels
  /** `metadata.uid`; empty in a manifest that never met an API server. */
  readonly uid: string
  /** Has a `metadata.deletionTimestamp`: it is on its way out, though it may still run. */
  readonly deleting: boolean
  /** Absent while no node was chosen for it. */
  readonly nodeName?: string
  /** `Pending` when it is not said. A pod that is Succeeded or Failed has no network any more, but keeps its addresses. */
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  /** `status.podIPs`, or `status.podIP` alone; on the host's network those of the node. */
  readonly podIps: readonly Address[]
  readonly hostNetwork: boolean
  readonly dnsPolicy: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None'
  /** `dnsConfig.nameservers`, appended to those of the policy. */
  readonly nameservers: readonly Address[]
  /** `dnsConfig.searches`, appended to the list of the policy. */
  readonly searches: readonly string[]
  /** `dnsConfig.options` ndots; absent when the pod does not set it. */
  readonly ndots?: number
}

const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const
const policies = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'] as const

/** In these a pod's addresses may be another pod's already; Unknown is one whose kubelet says nothing any more. */
export const endedPhases: ReadonlySet<Pod['phase']> = new Set<Pod['phase']>(['Succeeded', 'Failed', 'Unknown'])

export function parsePod(object: Field): Pod {
  const metadata = object.get('metadata')
  const spec = object.get('spec')
  const status = object.get('status')
  const dnsConfig = spec.get('dnsConfig')
  return {
    kind: 'Pod',
    ...parseMetadata(object),
    ...optional('labels', parseLabels(metadata)),
    uid: metadata.get('uid').text() ?? '',
    deleting: timestampOf(metadata.get('deletionTimestamp')) !== undefined,
    ...optional('nodeName', spec.get('nodeName').text() || undefined),
    phase: status.get('phase').oneOf(phases) ?? 'Pending',
    podIps: podIps(status),
    hostNetwork: spec.get('hostNetwork').flag() ?? false,
    dnsPolicy: spec.get('dnsPolicy').oneOf(policies) ?? 'ClusterFirst',
    nameservers: dnsConfig.get('nameservers').items().map(addressOf),
    searches: dnsConfig
      .get('searches')
      .items()
      .flatMap((item) => item.text() ?? []),
    ...optional('ndots', ndots(dnsConfig.get('options').items())),
  }
}

/** The first of `podIPs` is `podIP` again; status without the list comes from API servers before dual stack. */
function podIps(status: Field): readonly Address[] {
  const listed = status
    .get('podIPs')
    .items()
    .map((item) => item.get('ip'))
  const all = listed.length > 0 ? listed : [status.get('podIP')]
  return all.filter((field) => (field.text() ?? '') !== '').map(addressOf)
}

function addressOf(field: Field): Address {
  const address = parseAddress(field.text() ?? '')
  if (address === undefined) throw field.error('an IP address')
  return address
}

function ndots(options: readonly Field[]): number | undefined {
  const value = options.find((option) => option.get('name').value === 'ndots')?.get('value')
  if (value === undefined) return undefined
  const text = value.text() ?? ''
  if (!/^\d{1,3}$/.test(text)) throw value.error('a number in quotes, such as "5"')
  // glibc caps ndots at 15 (resolv.conf(5)).
  return Math.min(Number(text), 15)
}
