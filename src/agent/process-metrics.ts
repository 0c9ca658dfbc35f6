import { readdirSync } from 'node:fs'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** What Go programs serve of their process by these names, and dashboards show. */
export function processMetrics(): Registry {
  const registry = new Registry()
  registry.registerMetric(
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'Time of processors used, in seconds',
      registers: [],
      collect() {
        const { user, system } = process.cpuUsage()
        this.reset()
        this.inc((user + system) / 1e6)
      },
    }),
  )
  const started = Math.round(Date.now() / 1000 - process.uptime())
  gauge(registry, 'process_start_time_seconds', 'When the process began, in seconds since 1970', () => started)
  gauge(registry, 'process_resident_memory_bytes', 'Memory in use', () => process.memoryUsage.rss())
  gauge(registry, 'process_open_fds', 'Open files and sockets', () => readdirSync('/proc/self/fd').length)
  return registry
}

/** All of that and what there is to know of Node.js, as `runtime_metrics` asks for. It costs a timer every 10 ms. */
export function runtimeMetrics(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  registry.registerMetric(
    new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read())
      },
    }),
  )
}
