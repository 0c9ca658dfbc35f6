import { readOptions, wordsOf, type Directive } from '../directive.ts'
import { listenAddress, type ListenAddress } from '../listen-address.ts'

/** Serves metrics at /metrics. */
export interface Prometheus {
  readonly name: 'prometheus'
  readonly listen: ListenAddress
  /** With all that there is about the runtime itself. */
  readonly runtimeMetrics: boolean
}

export function readPrometheus(directive: Directive): Prometheus {
  const words = wordsOf(directive)
  const listen = words.readOptional(listenAddress) ?? { host: 'localhost', port: 9153 }
  words.end()
  const defaults: Prometheus = { name: 'prometheus', listen, runtimeMetrics: false }
  return readOptions(
    directive,
    defaults,
    {
      runtime_metrics: () => ({ runtimeMetrics: true }),
    },
    { tls: 'tls: metrics are served without TLS; leave it out' },
  )
}
