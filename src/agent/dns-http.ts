import type { Corefile } from '../config/corefile/corefile.ts'
import { httpEndpoints, type HttpEndpoint, type HttpPath } from '../config/http-endpoint.ts'
import type { Log } from '../host/log.ts'
import { HealthProbe, type HealthReport } from './health-probe.ts'
import { HttpEndpoints, type HttpAnswer } from './http-endpoints.ts'
import { Readiness, type ReadySource } from './readiness.ts'

export interface DnsHttpEnvironment {
  /** What must be ready, if a block has the plugin that it is called by. */
  readonly readySources: readonly ReadySource[]
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>
  readonly onProbe: (report: HealthReport) => void
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/** /health, /ready and /metrics of a Corefile. */
export class DnsHttp {
  readonly #environment: DnsHttpEnvironment
  readonly #log: Log
  readonly #endpoints = new HttpEndpoints((path) => this.#answer(path))
  readonly #readiness = new Readiness()
  #probes: readonly HealthProbe[] = []
  #current: readonly HttpEndpoint[] = []
  #leaving = false

  constructor(environment: DnsHttpEnvironment, log: Log) {
    this.#environment = environment
    this.#log = log
  }

  /** Opens what this Corefile has besides; throws a sentence when it cannot, and nothing has changed. */
  async open(corefile: Corefile): Promise<void> {
    await this.#endpoints.open(httpEndpoints(corefile))
  }

  /** Closes again what was opened for a Corefile that is not taken over. */
  async revert(): Promise<void> {
    await this.#endpoints.apply(this.#current)
  }

  /** Serves what this Corefile has, which is open, and nothing else. */
  async apply(corefile: Corefile): Promise<void> {
    this.#current = httpEndpoints(corefile)
    this.#watchReadiness(corefile)
    for (const probe of this.#probes) probe.close()
    this.#probes = this.#current.flatMap((endpoint) => this.#probe(endpoint))
    await this.#endpoints.apply(this.#current)
  }

  /** From now on nothing is ready: we are about to stop. */
  leave(): void {
    this.#leaving = true
  }

  async close(): Promise<void> {
    for (const probe of this.#probes) probe.close()
    await this.#endpoints.close()
  }

  async #answer(path: HttpPath): Promise<HttpAnswer> {
    switch (path) {
      case '/health':
        return { status: 200, body: 'OK' }
      case '/metrics':
        return { status: 200, body: await this.#environment.metrics(), type: metricsType }
      case '/ready':
        return this.#ready()
    }
  }

  #ready(): HttpAnswer {
    if (this.#leaving) return { status: 503, body: 'Shutting down' }
    const { missing } = this.#readiness
    if (missing.length === 0) return { status: 200, body: 'OK' }
    const names = missing.join(',')
    this.#log.info(`Plugins not ready: "${names}"`)
    return { status: 503, body: names }
  }

  /** Those of the blocks that have `ready` themselves, as in CoreDNS. */
  #watchReadiness({ blocks }: Corefile): void {
    const asked = blocks.filter(({ plugins }) => plugins.some(({ name }) => name === 'ready'))
    const names = new Set<string>(asked.flatMap(({ plugins }) => plugins.map(({ name }) => name)))
    const readies = asked.flatMap(({ plugins }) => plugins.filter((plugin) => plugin.name === 'ready'))
    const again = readies.some(({ monitor }) => monitor === 'continuously')
    const sources = this.#environment.readySources.filter(({ name }) => names.has(name))
    this.#readiness.watch(sources, again ? 'continuously' : 'until-ready')
  }

  #probe(endpoint: HttpEndpoint): readonly HealthProbe[] {
    if (!endpoint.paths.includes('/health')) return []
    const { host } = endpoint.address
    const port = this.#endpoints.port(endpoint)
    const name = host === '' ? 'localhost' : host.includes(':') ? `[${host}]` : host
    const warn = (message: string): void => this.#log.warn(message)
    return [new HealthProbe(`http://${name}:${port}/health`, this.#environment.onProbe, warn)]
  }
}
