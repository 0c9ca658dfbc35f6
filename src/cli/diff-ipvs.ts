import type { ClusterStore } from '../agent/cluster-store.ts'
import { zoneText } from '../agent/compared-side.ts'
import { detectVariant, iptablesTool } from '../agent/iptables-tool.ts'
import { reportIpvsDifferences, type ComparedIpvs } from '../agent/ipvs-diff-report.ts'
import { readingIpvsTool } from '../agent/ipvs-loaded.ts'
import { IpvsRuleset, type IpvsOptions } from '../agent/ipvs-ruleset.ts'
import { desiredIpvsSide, type IpvsFamilySide } from '../agent/ipvs-side.ts'
import { readIpvsSide } from '../agent/observed-ipvs.ts'
import { ipvsInterface } from '../backends/ipvs/documents.ts'
import type { ReportGroup } from '../diff/report.ts'
import { runCommand, runTool } from '../host/command.ts'
import { kernelFamilies } from '../host/kernel-families.ts'
import { localAddresses } from '../host/local-addresses.ts'
import type { Family } from '../net/family.ts'
import { readClusterFiles } from './cluster-state.ts'
import { wantedFamilies, zoneOptions, type ClusterOptions } from './options.ts'

interface Against extends ClusterOptions {
  readonly family?: Family
  /** `kernel`, or a path. */
  readonly against: string
}

/** What differs in IPVS mode. */
export async function diffIpvs(
  state: ClusterStore,
  ruleset: Omit<IpvsOptions, 'family'>,
  options: Against,
): Promise<readonly ReportGroup[]> {
  const families = wantedFamilies(options)
  if (options.against === 'kernel') return diffKernel(state, ruleset, families)
  const other = await readClusterFiles([options.against])
  const side = (cluster: ClusterStore): ComparedIpvs => ({
    families: families.map((family) => desiredIpvsSide(new IpvsRuleset(cluster, { ...ruleset, family }), family)),
    zone: zoneText(cluster, zoneOptions(options)),
  })
  return reportIpvsDifferences(side(other), side(state))
}

async function diffKernel(
  state: ClusterStore,
  options: Omit<IpvsOptions, 'family'>,
  wanted: readonly Family[],
): Promise<readonly ReportGroup[]> {
  const variant = await detectVariant(runCommand)
  const old: IpvsFamilySide[] = []
  const now: IpvsFamilySide[] = []
  for (const family of kernelFamilies().filter((candidate) => wanted.includes(candidate))) {
    const ruleset = new IpvsRuleset(state, { ...options, family })
    ruleset.setLocalAddresses(localAddresses(ipvsInterface))
    const tools = { ipvs: readingIpvsTool(runTool, family), iptables: iptablesTool(runCommand, family, variant) }
    old.push(await readIpvsSide(ruleset, family, tools))
    now.push(desiredIpvsSide(ruleset, family))
  }
  return reportIpvsDifferences({ families: old }, { families: now })
}
