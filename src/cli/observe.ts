import { readingIpvsTool } from '../agent/ipvs-loaded.ts'
import { detectVariant, iptablesTool, type IptablesTool } from '../agent/iptables-tool.ts'
import { observedKernelFacts } from '../agent/kernel-facts.ts'
import type { ObservedFamily } from '../agent/observed-family.ts'
import { observedIptables } from '../agent/observed-iptables.ts'
import { observedIpvs } from '../agent/observed-ipvs.ts'
import type { KernelFacts } from '../backends/iptables/kernel-fit.ts'
import type { Settings } from '../config/settings.ts'
import { runCommand, runTool } from '../host/command.ts'
import { kernelFamilies } from '../host/kernel-families.ts'
import type { Family } from '../net/family.ts'
import { ipvsOptions, rulesetOptions } from './agent-settings.ts'
import { Failure } from './failure.ts'
import type { ModeName } from './modes.ts'
import type { NodeLocalOptions } from './options.ts'

interface ObserveOptions extends NodeLocalOptions {
  readonly proxy: boolean
  readonly dryRun?: boolean
}

/** `--observe` goes with nothing that writes, or that leaves nothing to compare. */
export function checkObserve({ proxy, dryRun = false, nodeLocalDns }: ObserveOptions, settings: Settings): void {
  const others = [
    ...(proxy ? [] : ['--no-proxy']),
    ...(dryRun ? ['--dry-run'] : []),
    ...(nodeLocalDns === undefined ? [] : ['--node-local-dns']),
    ...(settings['--init-only'] === true ? ['--init-only'] : []),
  ]
  if (others.length > 0) throw new Failure(`--observe and ${others.join(', ')}: leave one of them out`)
}

/** Every family in the kernel, to be read alone, and what it should be by these settings. */
export async function observedKernel(settings: Settings): Promise<readonly ObservedFamily[]> {
  const variant = await detectVariant(runCommand)
  const kernel = await observedKernelFacts()
  const observe = observers[settings.mode ?? 'iptables']
  return kernelFamilies().map((family) => observe(settings, family, iptablesTool(runCommand, family, variant), kernel))
}

type Observe = (
  settings: Settings,
  family: Family,
  iptables: Pick<IptablesTool, 'save'>,
  kernel: KernelFacts,
) => ObservedFamily

const observers: Readonly<Record<ModeName, Observe>> = {
  iptables: (settings, family, iptables, kernel) =>
    observedIptables({ ...rulesetOptions(settings), kernel }, family, iptables),
  ipvs: (settings, family, iptables) =>
    observedIpvs(ipvsOptions(settings), family, { ipvs: readingIpvsTool(runTool, family), iptables }),
}
