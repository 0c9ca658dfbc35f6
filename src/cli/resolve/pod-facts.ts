import { nameServerService } from '../../dns/apex.ts'
import { isClusterFirst, searchList, type SearchList } from '../../dns/search-list.ts'
import type { ClusterState } from '../../model/cluster-state.ts'
import type { Pod } from '../../model/pod.ts'

/** Whom a pod asks, for which names, and whether autopath could help it. */
export interface PodFacts {
  readonly list: SearchList
  readonly asksCluster: boolean
  /** `asks the cluster DNS`, behind the name of the pod. */
  readonly asks: string
  /** Why the server does not search in its place: `it is on the host's network, …`; absent when it can. */
  readonly noAutopath?: string
}

/** @param pod Undefined for one that is not in the input: it is taken for an ordinary one. */
export function podFacts(state: ClusterState, namespace: string, pod: Pod | undefined, domain: string): PodFacts {
  const list = searchList(pod ?? { namespace }, domain)
  if (pod === undefined) return { list, asksCluster: true, asks: 'asks the cluster DNS' }
  const server = nameServer(state, pod)
  const why = server.asksCluster ? whyNoAutopath(pod, list) : 'it does not ask the cluster DNS'
  return { list, ...server, ...(why !== undefined && { noAutopath: why }) }
}

type NameServer = Pick<PodFacts, 'asks' | 'asksCluster'>

function nameServer(state: ClusterState, pod: Pod): NameServer {
  if (isClusterFirst(pod)) return { asksCluster: true, asks: `asks the cluster DNS${others(pod)}` }
  if (pod.dnsPolicy === 'None') return ownNameServer(state, pod)
  const policy =
    pod.dnsPolicy === 'Default' ? 'dnsPolicy Default' : "on the host's network dnsPolicy ClusterFirst means Default"
  return {
    asksCluster: false,
    asks: `asks the name servers of its node (${policy}), supposed to know nothing of the cluster; the node's search domains are not in the input`,
  }
}

function others({ nameservers }: Pod): string {
  if (nameservers.length === 0) return ''
  return `, and ${nameservers.join(', ')}: glibc where the first does not answer, musl always, taking the reply that comes first`
}

/** The first one is asked; the others where it does not answer. */
function ownNameServer(state: ClusterState, { nameservers }: Pod): NameServer {
  const service = state.services.get(nameServerService)
  const [first = '127.0.0.1'] = nameservers
  if (service === undefined) {
    const asks = `asks ${first} (dnsPolicy None), supposed to be the cluster DNS: Service ${nameServerService} is not in the input`
    return { asksCluster: true, asks }
  }
  const asksCluster = service.clusterIps.includes(first)
  const what = asksCluster ? 'the cluster DNS' : 'supposed to know nothing of the cluster'
  return { asksCluster, asks: `asks ${first} (dnsPolicy None), ${what}` }
}

function whyNoAutopath(pod: Pod, { search }: SearchList): string | undefined {
  if (pod.hostNetwork) return "it is on the host's network, and its address is the node's"
  if (pod.deleting) return 'it is being deleted'
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return `it is finished (${pod.phase})`
  return search.length === 0 ? 'it has no search list' : undefined
}
