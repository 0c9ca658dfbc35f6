import type { Log } from '../host/log.ts'
import type { Node } from '../model/node.ts'
import type { ModelObject } from '../model/object.ts'
import type { ClusterChanges } from './cluster-source.ts'

/** What has changed, without what our own Node must not change, and why the agent must start anew, if it must. */
export interface OwnNodeVerdict {
  readonly put: readonly ModelObject[]
  readonly removed: readonly ModelObject[]
  readonly reason?: string
}

/**
 * What a change of our own Node means, as for kube-proxy 1.36: other pod networks are a reason to start anew where rules are
 * made by them; a Node that is deleted goes on counting as it was; other addresses are followed.
 */
export class OwnNode {
  readonly #name: string
  readonly #detectsByPodCidrs: boolean
  readonly #log: Log
  /** As it was last. */
  #node: Node | undefined
  #isGone = false

  /** @param detectsByPodCidrs With `detectLocalMode: NodeCIDR`. */
  constructor(name: string, detectsByPodCidrs: boolean, log: Log) {
    this.#name = name
    this.#detectsByPodCidrs = detectsByPodCidrs
    this.#log = log
  }

  /** Whether it was deleted, and has not come again. */
  get isGone(): boolean {
    return this.#isGone
  }

  look({ put, removed }: Pick<ClusterChanges, 'put' | 'removed'>): OwnNodeVerdict {
    const isOwn = (object: ModelObject): object is Node => object.kind === 'Node' && object.name === this.#name
    const node = put.find(isOwn)
    const before = this.#node
    if (node !== undefined) this.#isGone = false
    if (removed.some(isOwn) && node === undefined) {
      this.#isGone = true
      this.#log.warn(`Node ${this.#name} is deleted; the rules and answers of this node stay as they are`)
      return { put, removed: removed.filter((object) => !isOwn(object)) }
    }
    if (node === undefined || before === undefined) {
      this.#node = node ?? before
      return { put, removed }
    }
    const [had, has] = [networksOf(before), networksOf(node)]
    if (this.#detectsByPodCidrs && had !== '' && had !== has) {
      const reason = `The pod networks of Node ${this.#name} changed from ${had} to ${has || 'none'}, which the rules are made by`
      return { put: put.filter((object) => !isOwn(object)), removed, reason }
    }
    this.#node = node
    const [from, to] = [before.addresses.join(','), node.addresses.join(',')]
    if (from !== to) this.#log.info({ from, to }, 'the addresses of this node changed')
    return { put, removed }
  }
}

function networksOf({ podCidrs }: Node): string {
  return podCidrs.map(({ text }) => text).join(',')
}
