import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { conntrackSysctls, conntrackWrites } from '../config/conntrack.ts'
import type { Settings } from '../config/settings.ts'
import { reason } from '../host/file-error.ts'
import type { Log } from '../host/log.ts'
import { readSysctl, writeSysctl } from '../host/sysctl.ts'

/**
 * Sets in the kernel what the settings ask for besides rules: connection tracking, and unless this process is about to end
 * (`--init-only`), its chances when memory runs out. Comes before any rule is made: one depends on it. What cannot be set is
 * told in one line each, and keeps nothing else from being set.
 *
 * @param dryRun Only tells what would be set.
 */
export async function applyKernelSettings(settings: Settings, log: Log, dryRun: boolean): Promise<void> {
  const writes = conntrackWrites(settings, cpus().length, await currentSysctls())
  for (const { name, value, unless } of writes) {
    if (dryRun) log.info({ sysctl: name, value }, 'would set')
    else {
      await writeSysctl(name, value).then(
        () => log.info({ sysctl: name, value }, 'set'),
        (error: unknown) => log.error(`${reason(error)}; ${unless} leaves it alone`),
      )
    }
  }
  const { oomScoreAdj, '--init-only': initOnly = false } = settings
  if (oomScoreAdj !== undefined && !initOnly) await setOomScoreAdj(oomScoreAdj, log, dryRun)
}

const oomFile = '/proc/self/oom_score_adj'

async function setOomScoreAdj(oomScoreAdj: number, log: Log, dryRun: boolean): Promise<void> {
  if (Number(await readFile(oomFile, 'utf8')) === oomScoreAdj) return
  if (dryRun) {
    log.info({ oomScoreAdj }, 'would set')
    return
  }
  await writeFile(oomFile, String(oomScoreAdj)).then(
    () => log.info({ oomScoreAdj }, 'set'),
    (error: unknown) =>
      log.warn(`Cannot set oom_score_adj to ${oomScoreAdj}: ${reason(error)}; it needs CAP_SYS_RESOURCE`),
  )
}

async function currentSysctls(): Promise<ReadonlyMap<string, string>> {
  const current = new Map<string, string>()
  for (const name of conntrackSysctls) {
    // Why one cannot be read, writing it will tell.
    const value = await readSysctl(name).catch(() => undefined)
    if (value !== undefined) current.set(name, value)
  }
  return current
}
