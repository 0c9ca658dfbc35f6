import { Gauge, type Registry } from 'prom-client'
import { plainText, type MuxRoutes } from './go-mux.ts'
import { processMetrics } from './process-metrics.ts'
import type { RequestMetrics } from './request-metrics.ts'

/** What is shown beside the metrics of rules. */
export interface MetricsPages {
  readonly mode: string
  /** The KubeProxyConfiguration in force, as JSON would have it. */
  readonly configuration: unknown
  readonly version: string
  readonly requests: RequestMetrics
}

/** The pages at 127.0.0.1:10249. Source: kube-proxy's metrics server. */
export function metricsRoutes(rules: Registry, { mode, configuration, version, requests }: MetricsPages): MuxRoutes {
  const configz = JSON.stringify({ 'kubeproxy.config.k8s.io': configuration })
  const processes = processMetrics()
  new Gauge({
    name: 'pointsman_build_info',
    help: 'Always 1, with the version',
    labelNames: ['version'],
    registers: [rules],
  }).set({ version }, 1)
  return {
    '/metrics': async () => {
      const texts = await Promise.all([rules, requests.registry, processes].map((registry) => registry.metrics()))
      return { type: rules.contentType, body: texts.join('\n') }
    },
    '/healthz': () => ({ type: plainText, body: 'ok' }),
    '/proxyMode': () => ({ type: plainText, body: mode }),
    '/configz': () => ({ type: 'application/json', body: configz }),
  }
}
