import { counterNames, type CounterName } from '../backends/iptables/counter.ts'
import type { RunCommand } from '../host/command.ts'
import type { IptablesTool } from './iptables-tool.ts'

/** Our counters that the kernel has; throws a CommandError when it can have none or `nfacct` is not installed. */
export async function listCounters(run: RunCommand): Promise<readonly CounterName[]> {
  // { pkts = 00000000000000000012, bytes = 00000000000000000720 } = localhost_nps_accepted_pkts;
  const listed = new Set([...(await run('nfacct', ['list'])).matchAll(/ = (\S+);$/gm)].map(([, name]) => name))
  return counterNames.filter((name) => listed.has(name))
}

/** Makes those that are missing; throws a CommandError as {@link listCounters} does. */
export async function ensureCounters(run: RunCommand): Promise<readonly CounterName[]> {
  const present = await listCounters(run)
  for (const name of counterNames) if (!present.includes(name)) await run('nfacct', ['add', name])
  return counterNames
}

/** Deletes those that no rule names. Returns what went. */
export async function deleteCounters(run: RunCommand): Promise<readonly CounterName[]> {
  const before = await listCounters(run)
  // The kernel refuses where a rule still names one, and then it is somebody else's too.
  for (const name of before) await run('nfacct', ['del', name]).catch(() => undefined)
  const after = await listCounters(run)
  return before.filter((name) => !after.includes(name))
}

/**
 * A tool that makes the counters anew when a restore fails, for the next try: whoever deleted our rules may have deleted
 * the counters with them, and as long as rules name one that is missing the kernel takes none of them.
 */
export function remakingCounters(tool: IptablesTool, run: RunCommand): IptablesTool {
  return {
    ...tool,
    async restore(document) {
      try {
        await tool.restore(document)
      } catch (error) {
        await ensureCounters(run).catch(() => undefined)
        throw error
      }
    },
  }
}
