import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry } from 'prom-client'
import type { AddressPort } from '../config/address-port.ts'
import type { Corefile } from '../config/corefile/corefile.ts'
import type { InterfaceAddress } from '../config/listen-plan.ts'
import type { Log } from '../host/log.ts'
import type { Address } from '../net/address.ts'
import { corefileHash } from './corefile-hash.ts'
import { CorefileReload } from './corefile-reload.ts'
import { hostsFilesOf, lameduckMs, reloadPeriod, wantsRuntimeMetrics } from './corefile-settings.ts'
import { DnsCounts } from './dns-counts.ts'
import { DnsHttp } from './dns-http.ts'
import { DnsListeners } from './dns-listeners.ts'
import type { DnsServing } from './dns-serving.ts'
import { expose } from './exposition.ts'
import { HostsFiles } from './hosts-files.ts'
import { processMetrics, runtimeMetrics } from './process-metrics.ts'
import type { ReadySource } from './readiness.ts'

export interface DnsServiceOptions {
  /** The first one. */
  readonly corefile: Corefile
  /** Reads it again, with all that it imports; absent: it stays as it is. */
  readonly readCorefile?: () => Promise<Corefile>
  /** Where every block listens, in place of what the Corefile says; absent: as it says. */
  readonly listen?: readonly AddressPort[]
  readonly version: string
}

export interface DnsServiceEnvironment {
  readonly serving: DnsServing
  /** What must be ready before /ready says so. */
  readonly readySources: readonly ReadySource[]
  /** Those of this machine, now. */
  readonly addresses: () => readonly InterfaceAddress[]
  /** Brings what a Corefile needs to know of the cluster, before it is served. */
  readonly prepare: (corefile: Corefile) => Promise<void>
}

/** The DNS half of the agent as an operator sees it: listeners, metrics, health, readiness, reload and lameduck. */
export class DnsService {
  readonly counts: DnsCounts
  readonly #options: DnsServiceOptions
  readonly #serving: DnsServing
  readonly #prepare: DnsServiceEnvironment['prepare']
  readonly #log: Log
  readonly #http: DnsHttp
  readonly #hosts: HostsFiles
  readonly #listeners: DnsListeners
  readonly #reload: CorefileReload
  /** Once it is asked for it stays, as in CoreDNS: counters do not go away. */
  #runtime: Registry | undefined
  readonly #process = processMetrics()
  #corefile: Corefile
  #started = false
  #change: Promise<unknown> = Promise.resolve()

  constructor(
    options: DnsServiceOptions,
    { serving, readySources, addresses, prepare }: DnsServiceEnvironment,
    log: Log,
  ) {
    this.#options = options
    this.#serving = serving
    this.#prepare = prepare
    this.#log = log
    this.#corefile = options.corefile
    this.counts = new DnsCounts(options.version)
    const warn = (message: string): void => log.warn(message)
    this.#listeners = new DnsListeners(serving, addresses, options.listen, log)
    this.#http = new DnsHttp(
      {
        readySources,
        metrics: () => this.#metrics(),
        onProbe: (report) => this.counts.healthProbed(report),
      },
      log,
    )
    this.#hosts = new HostsFiles((path, text) => {
      this.#listeners.hostsChanged(path, text)
      this.counts.hostsRead(this.#listeners.setup, path)
    }, warn)
    const { corefile, readCorefile = async () => this.#corefile } = options
    this.#reload = new CorefileReload(corefileHash(corefile), {
      read: readCorefile,
      apply: (next) => this.#oneAtATime(() => this.#takeOver(next)),
      onFailure: (message) => {
        this.counts.reloadFailed()
        log.error(`Corefile changed but reload failed: ${message}`)
      },
      random: Math.random,
    })
  }

  /** Listens everywhere and answers; throws a sentence when it cannot. */
  async start(): Promise<void> {
    await this.#oneAtATime(() => this.#setUp(this.#options.corefile))
    this.#started = true
  }

  /** Looks now whether the Corefile has changed, also without the plugin `reload`: SIGUSR1. */
  async reload(): Promise<void> {
    await this.#reload.check()
  }

  /** Interfaces may have got or lost addresses: listens on those there are. */
  async checkAddresses(): Promise<void> {
    if (this.#started) await this.#oneAtATime(() => this.#listeners.followAddresses())
  }

  /** Says which addresses are answered only when `setNodeLocal` tells so. */
  reserve(addresses: readonly Address[]): void {
    this.#listeners.reserve(addresses)
  }

  /** Answers these of the node's own DNS addresses, and no others; returns a sentence for each that cannot be. */
  setNodeLocal(addresses: readonly Address[]): Promise<ReadonlyMap<Address, string>> {
    return this.#oneAtATime(() => this.#listeners.setNodeLocal(addresses))
  }

  /** Is no longer ready, and answers for as long as `lameduck` says, or until somebody is in a hurry. */
  async lameduck(hurry: AbortSignal): Promise<void> {
    if (!this.#started) return
    this.#http.leave()
    await this.#reload.close()
    const ms = lameduckMs(this.#corefile)
    if (ms === 0) return
    this.#log.info(`Going into lameduck mode for ${ms / 1000}s`)
    await sleep(ms, undefined, { signal: hurry }).catch(() => undefined)
  }

  /** Stops at once; HTTP first, as nobody should take us for alive who does not answer. */
  async stop(): Promise<void> {
    await this.#reload.close()
    await this.#change
    this.#hosts.close()
    await this.#http.close()
    await this.#serving.close()
  }

  async #takeOver(corefile: Corefile): Promise<void> {
    this.#log.info('Reloading')
    await this.#setUp(corefile)
    this.#log.info('Reloading complete')
  }

  /** Throws a sentence when it cannot, and then all is as it was. */
  async #setUp(corefile: Corefile): Promise<void> {
    await this.#prepare(corefile)
    const files = hostsFilesOf(corefile)
    const hosts = await this.#hosts.read(files)
    try {
      await this.#http.open(corefile)
      await this.#listeners.setUp(corefile, hosts)
    } catch (error) {
      await this.#http.revert()
      if (this.#started) this.#hosts.watch(hostsFilesOf(this.#corefile), this.#listeners.setup.hosts)
      throw error
    }
    await this.#http.apply(corefile)
    this.#running(corefile)
    this.#hosts.watch(files, this.#listeners.setup.hosts)
  }

  #running(corefile: Corefile): void {
    if (wantsRuntimeMetrics(corefile)) this.#runtime ??= runtimeMetrics()
    this.#corefile = corefile
    const hash = corefileHash(corefile)
    this.counts.running(this.#listeners.setup, hash)
    for (const path of this.#listeners.setup.hosts.keys()) this.counts.hostsRead(this.#listeners.setup, path)
    const period = reloadPeriod(corefile)
    if (period) this.#log.info(`Running configuration SHA512 = ${hash}`)
    this.#reload.every(this.#options.readCorefile && period)
  }

  async #metrics(): Promise<string> {
    const threads = await this.#serving.collect()
    const texts = [expose([this.counts.snapshot(), ...threads]), (this.#runtime ?? this.#process).metrics()]
    return (await Promise.all(texts)).join('\n')
  }

  /** A reload, a change of addresses and the stop wait for each other. */
  #oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#change.then(work)
    // Its error is for whoever asked; those behind it wait for its end alone.
    this.#change = Promise.allSettled([done])
    return done
  }
}
