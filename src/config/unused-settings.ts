import { unusedFields } from './fields/unused.ts'
import { isFieldPath, type Settings } from './settings.ts'

/**
 * Names the settings that do nothing here and say something else than kube-proxy's default, by reason:
 * `no effect: ipvs.scheduler, ipvs.strictARP (IPVS is not there yet); portRange (kube-proxy makes no use of it either)`.
 * Undefined when there are none.
 */
export function describeUnused(settings: Settings): string | undefined {
  const byReason = new Map<string, string[]>()
  for (const [path, { reason, usual }] of Object.entries(unusedFields)) {
    const value = isFieldPath(path) ? settings[path] : undefined
    if (value === undefined || usual.some((other) => JSON.stringify(other) === JSON.stringify(value))) continue
    byReason.set(reason, [...(byReason.get(reason) ?? []), path])
  }
  if (byReason.size === 0) return undefined
  return `no effect: ${[...byReason].map(([reason, paths]) => `${paths.join(', ')} (${reason})`).join('; ')}`
}
