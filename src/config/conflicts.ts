import { localDetection } from './local-detection.ts'
import type { Settings } from './settings.ts'

/** What is wrong with settings that are each right in themselves: one sentence each. */
export function settingConflicts(settings: Settings): readonly string[] {
  const detection = localDetection(settings)
  const { 'iptables.syncPeriod': period = 30_000, 'iptables.minSyncPeriod': least = 0 } = settings
  return [
    ...('problem' in detection ? [detection.problem] : []),
    ...(least > period
      ? [
          `iptables.minSyncPeriod is ${least} ms, longer than iptables.syncPeriod with ${period} ms; expected at most that`,
        ]
      : []),
    ...(settings['--cleanup'] === true ? ['--cleanup: expected the command cleanup in its place'] : []),
    ...(settings['--write-config-to'] === undefined
      ? []
      : ['--write-config-to: nothing is written; docs/configuration.md has every default']),
  ]
}
