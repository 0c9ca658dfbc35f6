import { counter, gauge, histogram } from './metric.ts'

/** Seconds: 0.25 ms to 2.5 s. */
const slimBuckets = Array.from({ length: 5 }, (_, k) => 0.00025 * 10 ** k)

/** Seconds: 1 ms to 8.7 min. */
const programmingBuckets = Array.from({ length: 20 }, (_, k) => 0.001 * 2 ** k)

/** What is counted once for the whole process. */
export function ownMetrics() {
  return {
    build: gauge('build_info', 'Always 1, with the version', 'version', 'revision', 'goversion'),
    pluginEnabled: gauge('plugin_enabled', '1 for each plugin of a zone', 'server', 'zone', 'view', 'name'),
    health: histogram('health_request_duration_seconds', 'Time to the answer of our own /health', slimBuckets),
    healthFailures: counter('health_request_failures_total', 'Requests to our own /health that failed'),
    reloadFailed: counter('reload_failed_total', 'Corefiles that were not taken over'),
    reloadVersion: gauge('reload_version_info', 'Always 1, with the hash of the Corefile', 'hash', 'value'),
    programming: histogram(
      'kubernetes_dns_programming_duration_seconds',
      'Time from the change of an endpoint to answers that have it',
      programmingBuckets,
      'service_kind',
    ),
    hostsEntries: gauge('hosts_entries', 'Addresses and names of a hosts file and its block', 'hostsfile'),
    hostsReload: gauge('hosts_reload_timestamp_seconds', 'When the hosts file that was read last was changed'),
  }
}
