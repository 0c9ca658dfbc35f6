import type { Field } from './field.ts'
import { parseMetadata, type Metadata } from './metadata.ts'
import { optional } from './optional.ts'

/** A v1 Pod, with what its resolv.conf is made from. */
export interface Pod extends Metadata {
  readonly kind: 'Pod'
  readonly hostNetwork: boolean
  readonly dnsPolicy: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None'
  /** `dnsConfig.searches`, appended to the list of the policy. */
  readonly searches: readonly string[]
  /** `dnsConfig.options` ndots; absent when the pod does not set it. */
  readonly ndots?: number
}

const policies = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'] as const

export function parsePod(object: Field): Pod {
  const metadata = parseMetadata(object)
  const spec = object.get('spec')
  const dnsConfig = spec.get('dnsConfig')
  return {
    kind: 'Pod',
    ...metadata,
    hostNetwork: spec.get('hostNetwork').flag() ?? false,
    dnsPolicy: spec.get('dnsPolicy').oneOf(policies) ?? 'ClusterFirst',
    searches: dnsConfig
      .get('searches')
      .items()
      .flatMap((item) => item.text() ?? []),
    ...optional('ndots', ndots(dnsConfig.get('options').items())),
  }
}

function ndots(options: readonly Field[]): number | undefined {
  const value = options.find((option) => option.get('name').value === 'ndots')?.get('value')
  if (value === undefined) return undefined
  const text = value.text() ?? ''
  if (!/^\d{1,3}$/.test(text)) throw value.error('a number in quotes, such as "5"')
  // glibc caps ndots at 15 (resolv.conf(5)).
  return Math.min(Number(text), 15)
}
