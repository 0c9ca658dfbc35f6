import type { Log } from '../host/log.ts'
import { unixSeconds } from '../host/unix-seconds.ts'
import { plansDiffer } from '../model/node.ts'
import { AnsweredCluster, type KernelRules } from './answered-cluster.ts'
import type { ClusterChanges, ClusterSource } from './cluster-source.ts'
import { ClusterStore } from './cluster-store.ts'
import type { DnsZones } from './dns-zones.ts'
import { nameLatencies } from './name-latencies.ts'
import { OwnNode } from './own-node.ts'

export interface FollowedClusterOptions {
  readonly nodeName: string
  /** With `detectLocalMode: NodeCIDR`. */
  readonly detectsByPodCidrs: boolean
  /** With `--dns-after-rules`: the rules that names wait for; undefined until there are any. */
  readonly rules?: () => KernelRules | undefined
}

/** Told of each reading that brought something. */
export interface ClusterFollower {
  /** Before names change. The services are those whose rules or health may be different now. */
  changed(changes: Pick<ClusterChanges, 'put' | 'removed'>, services: ReadonlySet<string>): void
  /** Names lead to a changed endpoint, so long after it changed. */
  observeNames(seconds: number): void
  /** What names are answered by; undefined without DNS, and before there is any. */
  zones(): DnsZones | undefined
}

/** The cluster as this node has it: read from a source, kept, and told of in names. */
export class FollowedCluster {
  readonly store = new ClusterStore()
  readonly answered: AnsweredCluster
  readonly #source: ClusterSource
  readonly #nodeName: string
  readonly #ownNode: OwnNode
  readonly #follower: ClusterFollower
  readonly #log: Log
  readonly #createdAt = Date.now()
  readonly #leaving = Promise.withResolvers<string>()
  #isRead = false

  constructor(source: ClusterSource, options: FollowedClusterOptions, follower: ClusterFollower, log: Log) {
    const { nodeName, detectsByPodCidrs, rules } = options
    this.#source = source
    this.#nodeName = nodeName
    this.#ownNode = new OwnNode(nodeName, detectsByPodCidrs, log)
    this.#follower = follower
    this.#log = log
    this.answered = new AnsweredCluster(this.store, {
      serial: unixSeconds,
      isKnown: () => source.namesKnown ?? true,
      ...(rules && { rules }),
    })
  }

  /** Resolves with a sentence when the Node has changed in a way that only a new start can follow. */
  get leaving(): Promise<string> {
    return this.#leaving.promise
  }

  /** Whether the first reading, which is complete, was taken. */
  get isRead(): boolean {
    return this.#isRead
  }

  /** Whether this Node was deleted, and has not come again. */
  get nodeIsGone(): boolean {
    return this.#ownNode.isGone
  }

  /** Takes what has changed; the first time, waits until everything is there. */
  async read(): Promise<ClusterChanges> {
    const changes = await this.#source.read()
    for (const message of changes.errors) this.#log.error(message)
    const { put, removed, reason } = this.#ownNode.look(changes)
    if (reason !== undefined) this.#leaving.resolve(reason)
    if (put.length + removed.length === 0 && this.#isRead && this.answered.isComplete) return changes
    this.#isRead = true
    const nodeBefore = this.store.nodes.get(this.#nodeName)
    const touched = this.store.apply({ put, removed })
    const all = plansDiffer(nodeBefore, this.store.nodes.get(this.#nodeName))
    this.#follower.changed({ put, removed }, all ? new Set([...touched, ...this.store.services.keys()]) : touched)
    await this.answered.take(this.#follower.zones(), { put, removed }, touched)
    for (const seconds of nameLatencies(put, this.store.services, this.#createdAt, Date.now())) {
      this.#follower.observeNames(seconds)
    }
    return changes
  }

  /** After rules went to the kernel, whether all of them arrived or not: tells of what waited for them. */
  rulesSynced(): Promise<void> {
    return this.answered.rulesSynced(this.#follower.zones())
  }
}
