import type { CounterName } from '../backends/iptables/counter.ts'
import type { KernelFacts } from '../backends/iptables/kernel-fit.ts'
import { CommandError, type RunCommand } from '../host/command.ts'
import type { Log } from '../host/log.ts'
import { readSysctl } from '../host/sysctl.ts'
import { ensureCounters, listCounters } from './counters.ts'

/** What rules depend on in the kernel of this network namespace, changing nothing in it. */
export async function readKernelFacts(run: RunCommand): Promise<KernelFacts> {
  return { counters: await unlessImpossible(listCounters(run)), dropInvalid: await dropsInvalid() }
}

/** The same where somebody else writes the rules, and with them chooses whether they count: without starting a tool. */
export async function observedKernelFacts(): Promise<KernelFacts> {
  return { counters: [], dropInvalid: await dropsInvalid() }
}

/**
 * The same, after the counters have been made. A node without the `nfacct` tool, or a kernel without its objects, gets
 * rules without counters. Whoever sets `nf_conntrack_tcp_be_liberal` does so before.
 */
export async function ensureKernelFacts(run: RunCommand, log: Log): Promise<KernelFacts> {
  const explain = ({ message }: CommandError) => log.info(`Rules count no packets: ${message}`)
  return { counters: await unlessImpossible(ensureCounters(run), explain), dropInvalid: await dropsInvalid() }
}

async function unlessImpossible(
  counters: Promise<readonly CounterName[]>,
  explain?: (error: CommandError) => void,
): Promise<readonly CounterName[]> {
  try {
    return await counters
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    explain?.(error)
    return []
  }
}

/** A sysctl that cannot be read counts as zero, as for kube-proxy. */
async function dropsInvalid(): Promise<boolean> {
  const liberal = await readSysctl('net/netfilter/nf_conntrack_tcp_be_liberal').catch(() => undefined)
  return Number(liberal ?? '0') === 0
}
