import type { Pod } from '../model/pod.ts'

/** What the kubelet writes into a pod's resolv.conf, as far as it decides which names are asked. */
export interface SearchList {
  readonly search: readonly string[]
  /** Dots from which on a name is first asked as it is. */
  readonly ndots: number
}

/** Kubernetes limits since 1.28: entries, characters of one entry, and of all with a blank between them. */
const maxEntries = 32
const maxEntryLength = 253
const maxLength = 2048

/** What the node's own resolv.conf says; its ndots counts for pods with dnsPolicy Default. */
export type NodeSearchList = Pick<SearchList, 'search'> & Partial<SearchList>

/**
 * The search list of a pod, or of an ordinary pod in a namespace.
 *
 * @param node Absent where the node's resolv.conf is not known; the kubelet then adds more than is in this list.
 */
export function searchList(
  pod: Pod | { readonly namespace: string },
  domain: string,
  node: NodeSearchList = { search: [] },
): SearchList {
  const spec = 'dnsPolicy' in pod ? pod : undefined
  const { search, ndots } = policyList(spec, pod.namespace, domain, node)
  const entries = [...search, ...(spec?.searches ?? [])].map((entry) => entry.replace(/(?<=.)\.$/, ''))
  return { search: withinLimits([...new Set(entries)]), ndots: spec?.ndots ?? ndots }
}

/** Whether the pod asks the cluster DNS first, whatever name servers its dnsConfig adds. */
export function isClusterFirst({ dnsPolicy, hostNetwork }: Pick<Pod, 'dnsPolicy' | 'hostNetwork'>): boolean {
  // On the host's network ClusterFirst means Default: the node must resolve names before the cluster DNS is there.
  return dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)
}

/** What there is before the pod's own dnsConfig. */
function policyList(spec: Pod | undefined, namespace: string, domain: string, node: NodeSearchList): SearchList {
  if (spec === undefined || isClusterFirst(spec)) {
    // 5, so that _port._tcp.service.namespace.svc is searched.
    return { search: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...node.search], ndots: 5 }
  }
  // resolv.conf(5): without an option it is 1.
  return spec.dnsPolicy === 'None' ? { search: [], ndots: 1 } : { search: node.search, ndots: node.ndots ?? 1 }
}

/** What is too much is cut from the end. */
function withinLimits(entries: readonly string[]): readonly string[] {
  const kept = entries.filter((entry) => entry.length <= maxEntryLength).slice(0, maxEntries)
  while (kept.join(' ').length > maxLength) kept.pop()
  return kept
}
