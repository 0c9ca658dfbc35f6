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

/**
 * The search list of a pod, or of an ordinary pod in a namespace. The node's own search domains, which the kubelet adds
 * (or, with dnsPolicy Default, uses alone), are not in the cluster state and so not in the list.
 */
export function searchList(pod: Pod | { readonly namespace: string }, domain: string): SearchList {
  const spec = 'dnsPolicy' in pod ? pod : undefined
  const clusterFirst = spec === undefined || isClusterFirst(spec)
  const cluster = clusterFirst ? [`${pod.namespace}.svc.${domain}`, `svc.${domain}`, domain] : []
  const entries = [...cluster, ...(spec?.searches ?? [])].map((entry) => entry.replace(/(?<=.)\.$/, ''))
  // resolv.conf(5): without an option it is 1; the kubelet writes 5, so that _port._tcp.service.namespace.svc is searched.
  const ndots = spec?.ndots ?? (clusterFirst ? 5 : 1)
  return { search: withinLimits([...new Set(entries)]), ndots }
}

/** The absolute names that glibc asks for a name, in its order, until one has an answer (res_search in resolv.conf(5)). */
export function candidates(name: string, search: readonly string[], ndots: number): readonly string[] {
  if (name.endsWith('.')) return [name]
  const asIs = `${name}.`
  const searched = search.map((domain) => (domain === '.' ? asIs : `${name}.${domain.replace(/\.$/, '')}.`))
  const dots = name.split('.').length - 1
  const order = dots >= ndots ? [asIs, ...searched] : [...searched, asIs]
  // Over 253 characters it is no name, and glibc passes on without asking.
  return [...new Set(order)].filter((candidate) => candidate.length <= 254)
}

/** On the host's network ClusterFirst means Default: the node must resolve names before the cluster DNS is there. */
function isClusterFirst(pod: Pod): boolean {
  return pod.dnsPolicy === 'ClusterFirstWithHostNet' || (pod.dnsPolicy === 'ClusterFirst' && !pod.hostNetwork)
}

/** What is too much is cut from the end. */
function withinLimits(entries: readonly string[]): readonly string[] {
  const kept = entries.filter((entry) => entry.length <= maxEntryLength).slice(0, maxEntries)
  while (kept.join(' ').length > maxLength) kept.pop()
  return kept
}
