import type { ConnectionRoom } from '../host/connection-room.ts'
import { errorText } from '../host/error-text.ts'
import { respondHttp, type WholeAnswer } from '../host/http-responder.ts'
import type { HttpServer } from '../host/http-server.ts'
import type { Address } from '../net/address.ts'
import type { HealthCheck } from '../plan/health-check.ts'

export interface ServiceHealthOptions {
  /** The health check of a service by its key, as it is now; undefined when it has none. */
  readonly plan: (service: string) => HealthCheck | undefined
  /** Whether our rules follow the cluster: kube-proxy's notion, which /livez has. */
  readonly isHealthy: () => boolean
  /** Told once of each reason why a service's health check is not served everywhere. */
  readonly onListenFailure: (service: string, message: string) => void
}

interface Listener {
  readonly port: number
  readonly server: HttpServer
}

type Served = readonly [service: string, check: HealthCheck | undefined]

/**
 * The health-check node ports of one family: a listener for each service and address, which says how many of the service's
 * endpoints are here. What it says changes when rules have, not before.
 */
export class ServiceHealth {
  readonly #options: ServiceHealthOptions
  readonly #room: ConnectionRoom
  /** By service; what is planned, and what rules are there for. */
  readonly #planned = new Map<string, HealthCheck>()
  readonly #served = new Map<string, HealthCheck>()
  readonly #touched = new Set<string>()
  /** By service, then by address. */
  readonly #listeners = new Map<string, Map<Address, Listener>>()
  /** Why a service is not served everywhere; tried again with each sync. */
  readonly #failing = new Map<string, string>()
  readonly #closing = new Set<Promise<void>>()
  #addresses: readonly Address[] = []
  #work: Promise<void> = Promise.resolve()

  /** @param room That all connections share. */
  constructor(options: ServiceHealthOptions, room: ConnectionRoom) {
    this.#options = options
    this.#room = room
  }

  /** Plans these services anew; the next sync shows it. */
  touch(services: Iterable<string>): void {
    for (const service of services) {
      const check = this.#options.plan(service)
      if (check !== undefined) this.#planned.set(service, check)
      else if (!this.#planned.delete(service)) continue
      this.#touched.add(service)
    }
  }

  /**
   * The rules are in the kernel: shows what was planned, at these addresses.
   *
   * @param addresses `0.0.0.0` and `::` stand for all of their family.
   */
  synced(addresses: readonly Address[]): void {
    const moved = addresses.join() !== this.#addresses.join()
    const services = new Set([...this.#touched, ...(moved ? this.#planned.keys() : this.#failing.keys())])
    this.#addresses = addresses
    this.#touched.clear()
    if (services.size === 0) return
    const changes = [...services].map((service): Served => [service, this.#planned.get(service)])
    for (const [service, check] of changes) {
      if (check === undefined) this.#served.delete(service)
      else this.#served.set(service, check)
    }
    this.#work = this.#work.then(() => this.#listen(changes, addresses))
  }

  async close(): Promise<void> {
    this.#work = this.#work.then(() =>
      this.#listen(
        [...this.#listeners.keys()].map((service) => [service, undefined]),
        [],
      ),
    )
    await this.#work
    await Promise.all(this.#closing)
  }

  /** First what goes, then what comes: a port may pass from one service to another. */
  async #listen(changes: readonly Served[], addresses: readonly Address[]): Promise<void> {
    for (const [service, check] of changes) this.#closeStale(service, check?.port, addresses)
    for (const [service, check] of changes) {
      if (check === undefined) this.#failing.delete(service)
      else await this.#openMissing(service, check.port, addresses)
    }
  }

  #closeStale(service: string, port: number | undefined, addresses: readonly Address[]): void {
    const listeners = this.#listeners.get(service)
    for (const [address, listener] of listeners ?? []) {
      if (listener.port === port && addresses.includes(address)) continue
      listeners?.delete(address)
      // It listens no longer at once; a request under way is not waited for.
      const closing = listener.server.close().finally(() => this.#closing.delete(closing))
      this.#closing.add(closing)
    }
    if (listeners?.size === 0) this.#listeners.delete(service)
  }

  async #openMissing(service: string, port: number, addresses: readonly Address[]): Promise<void> {
    const listeners = this.#listeners.get(service) ?? new Map<Address, Listener>()
    this.#listeners.set(service, listeners)
    const failures: string[] = []
    for (const host of addresses) {
      if (listeners.has(host)) continue
      try {
        const server = await respondHttp({ host, port }, () => this.#answer(service), this.#room)
        listeners.set(host, { port, server })
      } catch (error) {
        failures.push(errorText(error))
      }
    }
    this.#report(service, failures.join('; '))
  }

  #report(service: string, failure: string): void {
    if (failure === '') this.#failing.delete(service)
    else if (this.#failing.get(service) !== failure) {
      this.#failing.set(service, failure)
      this.#options.onListenFailure(service, `The health check of Service ${service} is not served: ${failure}`)
    }
  }

  #answer(service: string): WholeAnswer {
    return serviceHealthAnswer(service, this.#served.get(service)?.localEndpoints ?? 0, this.#options.isHealthy())
  }
}

/** What a load balancer is told, byte for byte as kube-proxy says it. Source: kube-proxy's service health server. */
export function serviceHealthAnswer(service: string, localEndpoints: number, healthy: boolean): WholeAnswer {
  const [namespace, name] = service.split('/')
  return {
    status: localEndpoints > 0 && healthy ? 200 : 503,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
    },
    body: JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: healthy }, null, '\t'),
  }
}
