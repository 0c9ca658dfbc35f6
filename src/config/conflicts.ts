import { localDetection } from './local-detection.ts'
import type { Settings } from './settings.ts'

/** What is wrong with settings that are each right in themselves: one sentence each. */
export function settingConflicts(settings: Settings): readonly string[] {
  const detection = localDetection(settings)
  return [
    ...('problem' in detection ? [detection.problem] : []),
    ...periodConflicts('iptables', settings),
    ...periodConflicts('ipvs', settings),
    ...(settings['--cleanup'] === true ? ['--cleanup: expected the command cleanup in its place'] : []),
    ...(settings['--write-config-to'] === undefined
      ? []
      : ['--write-config-to: nothing is written; docs/configuration.md has every default']),
  ]
}

function periodConflicts(mode: 'iptables' | 'ipvs', settings: Settings): readonly string[] {
  const { [`${mode}.syncPeriod` as const]: period = 30_000, [`${mode}.minSyncPeriod` as const]: least = 0 } = settings
  if (least <= period) return []
  return [
    `${mode}.minSyncPeriod is ${least} ms, longer than ${mode}.syncPeriod with ${period} ms; expected at most that`,
  ]
}
