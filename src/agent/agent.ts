import { setTimeout as sleep } from 'node:timers/promises'
import type { Corefile } from '../config/corefile/corefile.ts'
import { errorText } from '../host/error-text.ts'
import type { Log } from '../host/log.ts'
import { ownHeap, SpareMemory } from '../host/spare-memory.ts'
import { serviceReference } from '../kube/event.ts'
import type { Recorder } from '../kube/events.ts'
import type { KernelRules } from './answered-cluster.ts'
import { ClusterDns, type AgentDnsOptions } from './cluster-dns.ts'
import type { ClusterSource } from './cluster-source.ts'
import { DriftReporter } from './drift-reporter.ts'
import type { FamilyBackend } from './family-backend.ts'
import { FamilyObservers } from './family-observers.ts'
import { FamilyPrograms } from './family-programs.ts'
import { FollowedCluster } from './followed-cluster.ts'
import type { RulesetOptions } from './iptables-ruleset.ts'
import type { ObservedFamily } from './observed-family.ts'
import type { Programs } from './programs.ts'
import { ProxyFace, type ProxyFaceSettings } from './proxy-face.ts'
import { SyncLoop } from './sync-loop.ts'

export interface AgentOptions {
  readonly ruleset: Omit<RulesetOptions, 'family'>
  /** Absent with `--no-dns`. */
  readonly dns?: AgentDnsOptions
  /** How each family's rules reach the kernel; empty with `--no-proxy`. */
  readonly backends: readonly FamilyBackend[]
  /** How often the kernel is read back, and the longest time to a retry; absent: kube-proxy's 30 seconds. */
  readonly syncPeriodMs?: number
  /** The least time between two updates; absent: none. */
  readonly minSyncPeriodMs?: number
  readonly face: ProxyFaceSettings
  /** What somebody else programs: it is compared, and nothing is written. Absent: the backends write. */
  readonly observed?: readonly ObservedFamily[]
  /** Where what operators should know of the node is told besides the log; absent: nowhere. */
  readonly events?: Recorder
}

/** kube-proxy's default. */
const defaultSyncPeriodMs = 30_000

/** How long DNS waits for the cluster: CoreDNS' `startup_timeout`. */
const maxDnsWaitMs = 5_000

/** One node's agent: reads the cluster, programs the kernel, answers DNS, until stopped. */
export class Agent {
  readonly #source: ClusterSource
  readonly #options: AgentOptions
  readonly #log: Log
  readonly #loop: SyncLoop
  readonly #cluster: FollowedCluster
  readonly #face: ProxyFace
  readonly #spareMemory = new SpareMemory(ownHeap())
  #programs: Programs | undefined
  /** Those that we write. */
  #rules: KernelRules | undefined
  #dns: ClusterDns | undefined
  #starting: Promise<void> | undefined
  readonly #stopping = Promise.withResolvers<void>()
  readonly #triedRules = Promise.withResolvers<void>()
  #stopped = false
  #checkDue = false
  /** Whether the start has come to its end. */
  #answering = false
  #period: NodeJS.Timeout | undefined

  constructor(source: ClusterSource, options: AgentOptions, log: Log) {
    this.#source = source
    this.#options = options
    this.#log = log
    this.#cluster = this.#createCluster()
    this.#face = this.#createFace()
    this.#loop = new SyncLoop(
      () => this.#sync(),
      (error, retryMs) => log.error({ retryMs }, `Cannot sync: ${errorText(error)}`),
      { minMs: options.minSyncPeriodMs ?? 0, maxRetryMs: this.#periodMs },
    )
  }

  /** Resolves with a sentence when something has changed that only a new start can follow. */
  get leaving(): Promise<string> {
    return this.#cluster.leaving
  }

  /**
   * Programs the kernel from the first complete reading, and answers DNS from then on, or when that takes longer than CoreDNS
   * would wait; throws when it cannot listen or read at all.
   */
  start(): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  async #start(): Promise<void> {
    await this.#face.open()
    this.#dns = this.#createDns()
    const known = this.#learn()
    await this.#unlessStopped(this.#dns === undefined ? known : Promise.race([known, this.#dnsPatience(known)]))
    if (this.#stopped) return
    await this.#dns?.start(this.#cluster.store)
    await this.#unlessStopped(known)
    if (this.#stopped) return
    this.#answering = true
    this.#face.begin()
    this.#follow()
  }

  /** Resolves when there is something to answer and to program. */
  async #learn(): Promise<void> {
    await this.#cluster.read()
    if (this.#stopped) return
    this.#programs = this.#createPrograms()
    if (!this.#cluster.answered.waits) return
    this.#follow()
    await this.#triedRules.promise
  }

  #follow(): void {
    this.#source.follow(() => this.#request())
    this.#request()
    // Neither the addresses of the node nor the kernel's rules tell when somebody else changes them.
    this.#period ??= setInterval(() => {
      this.#requestCheck()
      void this.#dns?.checkAddresses()
    }, this.#periodMs)
  }

  /** What never ends does not keep a stop waiting. */
  async #unlessStopped(work: Promise<void>): Promise<void> {
    await Promise.race([work, this.#stopping.promise])
  }

  /** Rules that names wait for are waited for until they have been tried. */
  async #dnsPatience(known: Promise<void>): Promise<void> {
    await sleep(maxDnsWaitMs, undefined, { ref: false })
    if (this.#cluster.isRead || this.#stopped) return known
    this.#log.warn(
      `The state of the cluster is not complete after ${maxDnsWaitMs / 1000} s; until it is, names of the cluster are answered with SERVFAIL`,
    )
  }

  /** Looks now whether the Corefile has changed. */
  async reload(): Promise<void> {
    await this.#dns?.reload()
  }

  /**
   * Stops answering, after the time that the Corefile says, during which all goes on; a tool at work is let finish. The rules
   * stay: connections go on while no agent runs.
   *
   * @param hurry Aborted: stops now.
   */
  async stop(hurry: AbortSignal): Promise<void> {
    await this.#dns?.lameduck(hurry)
    this.#stopped = true
    this.#stopping.resolve()
    await this.#source.close()
    // A start that is under way may still open what is to be closed; its error has gone to whoever started.
    await this.#starting?.catch(() => undefined)
    clearInterval(this.#period)
    await this.#loop.stop()
    await this.#dns?.leave()
    await this.#face.close()
    await this.#dns?.stop()
  }

  #createCluster(): FollowedCluster {
    const { dns, ruleset } = this.#options
    const options = {
      nodeName: ruleset.nodeName,
      detectsByPodCidrs: ruleset.localDetection.mode === 'NodeCIDR',
      ...(dns?.afterRules === true && { rules: () => this.#rules }),
    }
    return new FollowedCluster(
      this.#source,
      options,
      {
        changed: ({ put, removed }, services) => {
          this.#programs?.touch(services, put)
          this.#face.changed([...removed, ...put], services)
        },
        observeNames: (seconds) => this.#dns?.observeNames(seconds),
        zones: () => this.#dns?.zones,
      },
      this.#log,
    )
  }

  #createPrograms(): Programs {
    const { backends, observed, events } = this.#options
    const { store } = this.#cluster
    const drift = new DriftReporter(this.#face.registry, this.#nodeName, this.#log, events)
    if (observed) return new FamilyObservers(store, observed, this.#periodMs, this.#log, drift)
    const programs = new FamilyPrograms(store, backends, this.#periodMs, this.#log, this.#face, drift)
    this.#rules = programs
    return programs
  }

  #createDns(): ClusterDns | undefined {
    const { dns } = this.#options
    if (dns === undefined) return undefined
    return new ClusterDns(
      { ...dns, nodeName: this.#nodeName },
      {
        cluster: this.#cluster.answered,
        prepare: (corefile) => this.#prepare(corefile),
        lookAgain: () => this.#requestCheck(),
      },
      this.#log,
    )
  }

  #requestCheck(): void {
    this.#checkDue = true
    this.#request()
  }

  #request(): void {
    this.#face.queued()
    this.#loop.request()
  }

  #createFace(): ProxyFace {
    const { face, ruleset, backends } = this.#options
    return new ProxyFace(
      this.#cluster.store,
      {
        ...face,
        families: backends.filter(({ dryRun }) => !dryRun).map(({ family }) => family),
        ruleset,
        syncPeriodMs: this.#periodMs,
        nodesMayLack: this.#source.nodesMayLack,
        nodeIsGone: () => this.#cluster.nodeIsGone,
        conditions: [
          { name: 'watch', problem: () => this.#source.problem?.() },
          { name: 'drift', problem: () => this.#programs?.drift },
        ],
        figures: () => this.#programs?.figures ?? [],
        onListenFailure: (service, message) => this.#tellOfListenFailure(service, message),
      },
      this.#log,
    )
  }

  #tellOfListenFailure(service: string, note: string): void {
    this.#log.warn({ service }, note)
    const regarding = serviceReference(service)
    this.#options.events?.record({
      regarding,
      type: 'Warning',
      reason: 'FailedToStartServiceHealthcheck',
      action: 'Listen',
      note,
    })
  }

  async #sync(): Promise<void> {
    const check = this.#checkDue
    this.#checkDue = false
    this.#spareMemory.giveBack()
    try {
      const { changedAt } = await this.#cluster.read()
      if (this.#answering) await this.#dns?.apply(this.#cluster.store, check)
      await this.#programs?.sync(changedAt, check, () => this.#cluster.rulesSynced())
    } finally {
      this.#triedRules.resolve()
    }
    this.#face.caughtUp()
    this.#spareMemory.giveBack()
  }

  async #prepare(corefile: Corefile): Promise<void> {
    // What the first one needs is in the first reading.
    if (this.#source.need === undefined || !this.#cluster.isRead) return
    await this.#source.need(corefile)
    const { put, removed } = await this.#cluster.read()
    if (put.length > 0 || removed.length > 0) this.#request()
  }

  get #periodMs(): number {
    return this.#options.syncPeriodMs ?? defaultSyncPeriodMs
  }

  get #nodeName(): string {
    return this.#options.ruleset.nodeName
  }
}
