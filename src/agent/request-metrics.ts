import { Counter, Histogram, Registry } from 'prom-client'
import type { RequestFigures } from '../kube/api-server.ts'

/** Requests to the API server, as client-go counts them for every component of Kubernetes. */
export class RequestMetrics {
  readonly registry = new Registry()
  readonly #requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server',
    labelNames: ['code', 'host', 'method'],
    registers: [this.registry],
  })
  readonly #duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time to the answer of the API server',
    labelNames: ['host', 'verb'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
    registers: [this.registry],
  })

  readonly onRequest = ({ method, host, code, seconds }: RequestFigures): void => {
    this.#requests.inc({ code, host, method })
    this.#duration.observe({ host, verb: method }, seconds)
  }
}
