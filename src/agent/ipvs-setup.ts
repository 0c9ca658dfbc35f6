import { release } from 'node:os'
import { ipvsSysctls, ipvsTimeouts } from '../config/ipvs-kernel.ts'
import type { Settings } from '../config/settings.ts'
import { CommandError, type RunCommand } from '../host/command.ts'
import { errorText } from '../host/error-text.ts'
import type { Log } from '../host/log.ts'
import { readSysctl, writeSysctl } from '../host/sysctl.ts'
import type { IpvsScheduler } from '../model/ipvs-scheduler.ts'

/**
 * Makes sure that this node can do what IPVS mode needs: IPVS itself, the scheduler and ipset. The kernel loads its modules
 * when they are asked for. Throws a sentence that names what is missing.
 *
 * @param dryRun Tries nothing that would change the kernel: any scheduler is taken for there.
 */
export async function requireIpvs(run: RunCommand, scheduler: IpvsScheduler, dryRun: boolean): Promise<void> {
  await requireIpset(run)
  const saved = await run('ipvsadm', ['-S', '-n']).catch(explainIpvs)
  if (dryRun) return
  if (!saved.split('\n').some((line) => line.startsWith('-A ') && line.includes(` -s ${scheduler}`))) {
    await tryScheduler(run, scheduler)
  }
}

/** Sets in the kernel what virtual servers depend on; throws a sentence that names what cannot be set. */
export async function prepareIpvs(run: RunCommand, settings: Settings, log: Log, dryRun: boolean): Promise<void> {
  for (const { name, value } of ipvsSysctls(settings, release())) {
    if ((await readSysctl(name)) === value) continue
    if (!dryRun) await writeSysctl(name, value)
    log.info({ sysctl: name, value }, dryRun ? 'would set' : 'set')
  }
  await setTimeouts(run, settings, log, dryRun)
}

/** One of TEST-NET-2, which is nobody's (RFC 5737). Source: kube-proxy. */
const probe = '198.51.100.0:20000'

/** ipset before 6.0 speaks another protocol. */
const leastIpset = 6

async function requireIpset(run: RunCommand): Promise<void> {
  const said = await run('ipset', ['--version'])
  const major = Number(/v(\d+)\./.exec(said)?.[1])
  if (!(major >= leastIpset)) throw new Error(`ipset: expected version ${leastIpset}.0 or later, got "${said.trim()}"`)
}

function explainIpvs(error: unknown): never {
  if (!(error instanceof CommandError) || error.missing) throw error
  throw new Error(`This kernel has no IPVS (module ip_vs), which the mode ipvs needs: ${error.message}`)
}

/** A scheduler is there when a virtual server can be made with it. */
async function tryScheduler(run: RunCommand, scheduler: IpvsScheduler): Promise<void> {
  // One that an agent which was killed has left stands for a new one.
  const add = run('ipvsadm', ['-A', '-t', probe, '-s', scheduler]).catch((error: unknown) => {
    if (!(error instanceof CommandError) || !/already exists/.test(error.stderr)) throw error
    return run('ipvsadm', ['-E', '-t', probe, '-s', scheduler])
  })
  await add.catch((error: unknown) => {
    throw new Error(
      `This kernel cannot do ipvs.scheduler ${scheduler} (module ip_vs_${scheduler}): ${errorText(error)}`,
    )
  })
  await run('ipvsadm', ['-D', '-t', probe])
}

/** What cannot be set does no harm. */
async function setTimeouts(run: RunCommand, settings: Settings, log: Log, dryRun: boolean): Promise<void> {
  const timeouts = ipvsTimeouts(settings)
  if (timeouts === undefined) return
  const [tcp, tcpFin, udp] = timeouts
  if (dryRun) return log.info({ tcp, tcpFin, udp }, 'would set the timeouts of IPVS, in seconds')
  await run('ipvsadm', ['--set', ...timeouts.map(String)]).then(
    () => log.info({ tcp, tcpFin, udp }, 'set the timeouts of IPVS, in seconds'),
    (error: unknown) => log.error(`Cannot set the timeouts of IPVS: ${errorText(error)}`),
  )
}
