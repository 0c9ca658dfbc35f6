import { keyOf } from '../model/metadata.ts'
import { endedPhases, type Pod } from '../model/pod.ts'
import type { Address } from '../net/address.ts'
import { autopathList } from './autopath.ts'
import { searchList, type NodeSearchList } from './search-list.ts'

export interface PodSearchListOptions {
  readonly nodeName: string
  /** The cluster domain, e.g. `cluster.local`. */
  readonly domain: string
  readonly node: NodeSearchList
}

/**
 * Whose search list a query is to be expanded with, by the address it comes from: that of the one pod of this node which
 * has the address. An address that more than one pod claims, or one on the host's network, is nobody's: what a pod asks
 * must never be answered from the namespace of another.
 */
export class PodSearchLists {
  readonly #options: PodSearchListOptions
  /** By `namespace/name`. */
  readonly #pods = new Map<string, Pod>()
  readonly #claims = new Map<Address, ReadonlyMap<string, Pod>>()
  readonly #lists = new Map<Address, readonly string[]>()

  constructor(options: PodSearchListOptions) {
    this.#options = options
  }

  /** In the form of `autopathList`; undefined where the address says nothing about who asks. */
  listOf(address: Address): readonly string[] | undefined {
    return this.#lists.get(address)
  }

  /** Adds or replaces a pod; returns the addresses whose list is another one now. */
  put(pod: Pod): readonly Address[] {
    return this.#exchange(keyOf(pod), pod)
  }

  /** Takes a pod away; returns as `put` does. */
  remove(pod: Pick<Pod, 'namespace' | 'name'>): readonly Address[] {
    return this.#exchange(keyOf(pod), undefined)
  }

  #exchange(key: string, pod: Pod | undefined): readonly Address[] {
    const before = addressesOf(this.#pods.get(key))
    const now = addressesOf(pod)
    if (pod) this.#pods.set(key, pod)
    else this.#pods.delete(key)
    for (const address of before) this.#claim(address, key, undefined)
    for (const address of now) this.#claim(address, key, pod)
    return [...new Set([...before, ...now])].filter((address) => this.#settle(address))
  }

  #claim(address: Address, key: string, pod: Pod | undefined): void {
    const claims = new Map(this.#claims.get(address))
    if (pod) claims.set(key, pod)
    else claims.delete(key)
    if (claims.size > 0) this.#claims.set(address, claims)
    else this.#claims.delete(address)
  }

  /** Finds the list of an address anew; true when it is another one. */
  #settle(address: Address): boolean {
    const [pod, ...others] = this.#claims.get(address)?.values() ?? []
    const list = pod === undefined || others.length > 0 ? undefined : this.#listFor(pod)
    const before = this.#lists.get(address)
    if (list) this.#lists.set(address, list)
    else this.#lists.delete(address)
    return list?.join(' ') !== before?.join(' ')
  }

  /** Without a list of its own, such as with dnsPolicy None alone, nothing is expanded. */
  #listFor(pod: Pod): readonly string[] | undefined {
    const { nodeName, domain, node } = this.#options
    if (pod.nodeName !== nodeName || pod.hostNetwork) return undefined
    const { search } = searchList(pod, domain, node)
    return search.length === 0 ? undefined : autopathList(search)
  }
}

/** One that is finished or deleted keeps its addresses in its status, when they may be another pod's already. */
function addressesOf(pod: Pod | undefined): readonly Address[] {
  return pod === undefined || pod.deleting || endedPhases.has(pod.phase) ? [] : pod.podIps
}
