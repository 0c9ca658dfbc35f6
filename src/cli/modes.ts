import { remakingCounters } from '../agent/counters.ts'
import type { FamilyBackend } from '../agent/family-backend.ts'
import { iptablesBackend } from '../agent/iptables-backend.ts'
import { blockLines, detectVariant, iptablesTool, type IptablesTool } from '../agent/iptables-tool.ts'
import { ipvsBackend } from '../agent/ipvs-backend.ts'
import { prepareIpvs, requireIpvs } from '../agent/ipvs-setup.ts'
import { ipvsTool, type IpvsTool } from '../agent/ipvs-tool.ts'
import { ensureKernelFacts, readKernelFacts } from '../agent/kernel-facts.ts'
import { ipvsLeftovers, iptablesLeftovers } from '../agent/mode-switch.ts'
import { routeLocalnet } from '../agent/route-localnet.ts'
import type { Settings } from '../config/settings.ts'
import { runCommand, runLines, runTool } from '../host/command.ts'
import { kernelFamilies } from '../host/kernel-families.ts'
import type { Log } from '../host/log.ts'
import { opensLocalhost } from '../plan/localhost-node-ports.ts'
import { wholeText } from '../xtables/restore-document.ts'
import { ipvsOptions, rulesetOptions } from './agent-settings.ts'
import { print } from './output.ts'

/** Makes the kernel ready for the rules of a mode, before any is made, and says how each family's reach it. */
type StartMode = (settings: Settings, log: Log, dryRun: boolean) => Promise<readonly FamilyBackend[]>

export type ModeName = NonNullable<Settings['mode']>

export const modes: Readonly<Record<ModeName, StartMode>> = { iptables: startIptables, ipvs: startIpvs }

async function startIptables(settings: Settings, log: Log, dryRun: boolean): Promise<readonly FamilyBackend[]> {
  const ruleset = rulesetOptions(settings)
  const kernel = await (dryRun ? readKernelFacts(runCommand) : ensureKernelFacts(runCommand, log))
  const variant = await detectVariant(runCommand)
  const families = kernelFamilies().map((family) => {
    const tool = iptablesTool(runCommand, family, variant, runLines)
    return {
      family,
      tool: dryRun ? printing(tool, `iptables-${family.toLowerCase()}.rules`) : remakingCounters(tool, runCommand),
      dryRun,
      blockLines: blockLines[variant],
      otherMode: ipvsLeftovers(runTool, tool, family, settings['ipvs.excludeCIDRs'] ?? []),
    }
  })
  const { localhostNodePorts = false, nodePortNetworks } = ruleset
  for (const family of families) {
    if (opensLocalhost(localhostNodePorts, nodePortNetworks, family.family)) await routeLocalnet(family, log)
  }
  return families.map((family) => iptablesBackend({ ...ruleset, kernel }, family))
}

async function startIpvs(settings: Settings, log: Log, dryRun: boolean): Promise<readonly FamilyBackend[]> {
  const options = ipvsOptions(settings)
  await requireIpvs(runCommand, options.scheduler, dryRun)
  await prepareIpvs(runCommand, settings, log, dryRun)
  const variant = await detectVariant(runCommand)
  return kernelFamilies().map((family) => {
    const iptables = iptablesTool(runCommand, family, variant)
    const ipvs = ipvsTool(runTool, family)
    const tools = {
      family,
      ipvs: dryRun ? printingIpvs(ipvs) : ipvs,
      iptables: dryRun ? printing(iptables, `ipvs-${family.toLowerCase()}.rules`) : iptables,
      excluded: settings['ipvs.excludeCIDRs'] ?? [],
    }
    return ipvsBackend(options, tools, { dryRun, otherMode: iptablesLeftovers(iptables, family) })
  })
}

function printing(tool: IptablesTool, name: string): IptablesTool {
  return {
    save: () => tool.save(),
    saveLines: (onLine) => tool.saveLines(onLine),
    restore: (document) => print(`# ${name}\n${wholeText(document)}`),
    // What was never written cannot have been flushed.
    hasCanary: async () => true,
  }
}

function printingIpvs(tool: IpvsTool): IpvsTool {
  return {
    ...tool,
    async changeServers(lines) {
      await printLines('ipvs.ipvsadm', lines)
      return ''
    },
    async changeSets(lines) {
      await printLines('ipvs.ipset', lines)
      return []
    },
    async changeAddresses(lines) {
      await printLines('ipvs.addresses', lines)
      return []
    },
    ensureInterface: async () => undefined,
  }
}

function printLines(name: string, lines: readonly string[]): Promise<void> {
  return print([`# ${name}`, ...lines, ''].join('\n'))
}
