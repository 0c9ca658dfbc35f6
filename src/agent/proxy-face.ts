import type { Registry } from 'prom-client'
import type { AddressPort } from '../config/address-port.ts'
import { ConnectionRoom } from '../host/connection-room.ts'
import { usualHttpConnections } from '../host/http-connections.ts'
import { listenHttp, serveHttp, type HttpServer } from '../host/http-server.ts'
import { interfaceAddresses } from '../host/local-addresses.ts'
import type { Log } from '../host/log.ts'
import { slicesOf } from '../model/cluster-state.ts'
import type { ModelObject } from '../model/object.ts'
import type { Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import { planHealthCheck } from '../plan/health-check.ts'
import { nodePortAddresses } from '../plan/node-port-addresses.ts'
import type { ClusterStore } from './cluster-store.ts'
import type { SyncObserver } from './family-programs.ts'
import type { CleanReport } from './flow-cleaner.ts'
import { serveMux, type MuxRoutes } from './go-mux.ts'
import { healthRoutes } from './health-routes.ts'
import type { RulesetOptions } from './iptables-ruleset.ts'
import { metricsRoutes, type MetricsPages } from './metrics-routes.ts'
import { ProgressMetrics } from './progress-metrics.ts'
import { isHealthy, ProxyHealth, type HealthCondition, type Moment } from './proxy-health.ts'
import { ProxyMetrics, type FamilyFigures } from './proxy-metrics.ts'
import { ServiceHealth } from './service-health.ts'
import type { CheckReport, SyncReport } from './sync-report.ts'
import { thisNode } from './this-node.ts'

/** Where the proxy half is asked how it does, and what it says of itself. */
export interface ProxyFaceSettings extends MetricsPages {
  /** Of /healthz and /livez; absent: nowhere. */
  readonly healthzAddress?: AddressPort
  /** Of metrics; absent: nowhere. */
  readonly metricsAddress?: AddressPort
  /** An address that cannot be listened on ends the start; absent: it is tried again. */
  readonly bindAddressHardFail?: boolean
}

export interface ProxyFaceOptions extends ProxyFaceSettings {
  /** Those whose rules are kept in the kernel; without any nobody is told of the health of rules. */
  readonly families: readonly Family[]
  readonly ruleset: Omit<RulesetOptions, 'family'>
  readonly syncPeriodMs: number
  /** Whether the cluster names no Node at all for want of any, as files may: then this one counts as eligible. */
  readonly nodesMayLack: boolean
  /** Whether this Node was deleted; its rules stay as they are. */
  readonly nodeIsGone: () => boolean
  /** What must be well besides, before /healthz says 200. */
  readonly conditions: readonly HealthCondition[]
  readonly figures: () => readonly FamilyFigures[]
  /** Told once of each reason why the health check of a Service is not served. */
  readonly onListenFailure: (service: string, message: string) => void
}

/** What others see of the proxy half: /healthz and /livez, the health checks of Services, metrics. */
export class ProxyFace implements SyncObserver {
  readonly #options: ProxyFaceOptions
  readonly #state: ClusterStore
  readonly #log: Log
  readonly #metrics: ProxyMetrics
  readonly #progress: ProgressMetrics
  readonly #health: ProxyHealth
  readonly #checks: ReadonlyMap<Family, ServiceHealth>
  /** Families whose rules are in the kernel. */
  readonly #programmed = new Set<Family>()
  #servers: readonly HttpServer[] = []

  constructor(state: ClusterStore, options: ProxyFaceOptions, log: Log) {
    const { families, syncPeriodMs, figures, onListenFailure } = options
    this.#options = options
    this.#state = state
    this.#log = log
    this.#metrics = new ProxyMetrics(figures, () => state.claims.conflictCount)
    this.#progress = new ProgressMetrics(this.#metrics.registry)
    this.#health = new ProxyHealth(2 * syncPeriodMs)
    const room = new ConnectionRoom(usualHttpConnections)
    const isHealthyNow = () => isHealthy(this.#health.health(now()))
    this.#checks = new Map(
      families.map((family) => {
        const plan = (service: string) => this.#planCheck(service, family)
        return [family, new ServiceHealth({ plan, isHealthy: isHealthyNow, onListenFailure }, room)]
      }),
    )
  }

  /** Where more metrics of the rules may be. */
  get registry(): Registry {
    return this.#metrics.registry
  }

  /** Answers from now on, before anything is known; throws a sentence where it must listen and cannot. */
  async open(): Promise<void> {
    const { healthzAddress, metricsAddress, families } = this.#options
    const metrics = metricsRoutes(this.#metrics.registry, this.#options)
    await this.#serve(metricsAddress, metrics, false)
    // Whoever programs no rules may stand beside a kube-proxy, and must not answer for it.
    if (families.length > 0) await this.#serve(healthzAddress, this.#healthRoutes(), true)
  }

  /** The first state of the cluster is there, and from now on the rules follow it. */
  begin(): void {
    this.#progress.begin(this.#options.families)
    for (const family of this.#options.families) this.#health.updated(family, now())
  }

  /** A sync was asked for. */
  queued(): void {
    for (const family of this.#options.families) {
      this.#health.queued(family, now())
      this.#progress.queued(family)
    }
  }

  /** These objects came, changed or went, which touches these services. */
  changed(objects: readonly ModelObject[], services: ReadonlySet<string>): void {
    this.#progress.changed(objects, this.#options.families)
    for (const check of this.#checks.values()) check.touch(services)
  }

  /** A change of an endpoint reached the kernel, so long after the API server had it. */
  observeProgramming(family: Family, seconds: number): void {
    this.#progress.observeProgramming(family, seconds)
  }

  synced(family: Family, report: SyncReport): void {
    this.#metrics.synced(family, report)
    this.#health.updated(family, now())
    this.#programmed.add(family)
    this.#checks.get(family)?.synced(this.#checkAddresses(family))
  }

  /** Every family was. */
  caughtUp(): void {
    this.#progress.caughtUp()
  }

  checked(family: Family, report: CheckReport): void {
    this.#metrics.checked(family, report)
  }

  cleaned(family: Family, report: CleanReport): void {
    this.#metrics.cleaned(family, report)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers, ...this.#checks.values()].map((server) => server.close()))
  }

  /** @param shared Whether a new agent may answer there beside an old one, until that goes. */
  async #serve(address: AddressPort | undefined, routes: MuxRoutes, shared: boolean): Promise<void> {
    if (address === undefined) return
    // For Go, in which kube-proxy is written, all addresses of one family are those of the other too.
    const host = address.host === '0.0.0.0' || address.host === '::' ? '' : address.host
    const at = { host, port: address.port, reusePort: shared }
    const mux = (server: Parameters<typeof serveMux>[0]) => serveMux(server, routes)
    const server = this.#options.bindAddressHardFail
      ? await listenHttp(at, mux)
      : serveHttp(at, mux, (message) => this.#log.warn(message))
    this.#servers = [...this.#servers, server]
  }

  #healthRoutes(): MuxRoutes {
    return healthRoutes(
      () => ({ rules: this.#health.health(now()), nodeEligible: this.#nodeEligible, problems: this.#problems() }),
      (path, status) => this.#progress.answered(path, status),
    )
  }

  /** As kube-proxy sees it: one that is not known is not. */
  get #nodeEligible(): boolean {
    if (this.#options.nodeIsGone()) return false
    const { nodes } = this.#state
    const node = nodes.get(this.#options.ruleset.nodeName)
    if (node === undefined) return this.#options.nodesMayLack && nodes.size === 0
    return node.leaving !== true
  }

  #problems(): readonly string[] {
    const missing = this.#options.families.filter((family) => !this.#programmed.has(family))
    const first = missing.length > 0 ? [`The rules of ${missing.join(' and ')} have not been programmed yet`] : []
    return [...first, ...this.#options.conditions.flatMap((condition) => condition.problem() ?? [])]
  }

  #planCheck(service: string, family: Family) {
    const { services, claims } = this.#state
    const { nodeName } = this.#options.ruleset
    return planHealthCheck(
      services.get(service),
      slicesOf(this.#state, service),
      family,
      nodeName,
      claims.lostBy(service),
    )
  }

  /** A socket on loopback needs no more than its address, unlike a node port there. */
  #checkAddresses(family: Family): readonly Address[] {
    const { nodePortNetworks, nodeName, nodeAddress } = this.#options.ruleset
    const node = thisNode(this.#state, nodeName, nodeAddress)
    const local = interfaceAddresses().map(({ address }) => address)
    const open = nodePortAddresses(nodePortNetworks, family, node, local, true)
    return open === 'all' ? [family === 'IPv4' ? '0.0.0.0' : '::'] : open
  }
}

function now(): Moment {
  return { steadyMs: performance.now(), wallMs: Date.now() }
}
