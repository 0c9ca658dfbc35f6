import { Option, type Command } from 'commander'
import { styleText } from 'node:util'
import type { ClusterStore } from '../agent/cluster-store.ts'
import { desiredRules, kernelRules, zoneText, type ComparedSide, type FamilyRules } from '../agent/compared-side.ts'
import { conflictLines } from '../agent/conflict-report.ts'
import { reportDifferences } from '../agent/diff-report.ts'
import { IptablesRuleset } from '../agent/iptables-ruleset.ts'
import { readKernelFacts } from '../agent/kernel-facts.ts'
import { detectVariant, iptablesTool } from '../agent/iptables-tool.ts'
import type { Settings } from '../config/settings.ts'
import type { ReportGroup } from '../diff/report.ts'
import { reportJson } from '../diff/report-json.ts'
import { formatReport, type LineRole } from '../diff/report-text.ts'
import { runCommand } from '../host/command.ts'
import { kernelFamilies } from '../host/kernel-families.ts'
import { localAddresses } from '../host/local-addresses.ts'
import type { Family } from '../net/family.ts'
import { ipvsOptions, rulesetOptions } from './agent-settings.ts'
import { readCluster, readClusterFiles } from './cluster-state.ts'
import { diffIpvs } from './diff-ipvs.ts'
import { addClusterOptions, addFamilyOption, wantedFamilies, zoneOptions, type ClusterOptions } from './options.ts'
import { print } from './output.ts'
import { hideKernelOptions } from './setting-options.ts'
import { readSettings } from './settings.ts'

interface DiffOptions extends ClusterOptions {
  readonly family?: Family
  readonly against: string
  readonly output: 'text' | 'json'
}

export function addDiff(program: Command): void {
  const command = program
    .command('diff')
    .description('compare what would be programmed with the kernel or with another state; exit code 1 when they differ')
  addFamilyOption(hideKernelOptions(addClusterOptions(command)))
    .option('--against <state>', 'kernel, or a path to another cluster state', 'kernel')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .action(diff)
}

/** Lines with `-` are there now (in the kernel, or in the other state), lines with `+` would be there. */
async function diff(options: DiffOptions): Promise<void> {
  const settings = await readSettings(options)
  const state = await readCluster(options, settings)
  for (const line of conflictLines(state.claims)) console.error(line)
  const groups =
    settings.mode === 'ipvs'
      ? await diffIpvs(state, ipvsOptions(settings), options)
      : await diffIptables(state, settings, options)
  await print(
    options.output === 'json' ? `${JSON.stringify(reportJson(groups), undefined, 2)}\n` : formatReport(groups, paint),
  )
  if (groups.length > 0) process.exitCode = 1
}

const styles = { title: 'bold', section: 'cyan', removed: 'red', added: 'green' } as const

/** Plain unless stdout is a terminal that shows colours and nobody set NO_COLOR. */
function paint(role: LineRole, line: string): string {
  return styleText(styles[role], line, { stream: process.stdout })
}

async function diffIptables(
  state: ClusterStore,
  settings: Settings,
  options: DiffOptions,
): Promise<readonly ReportGroup[]> {
  const ruleset = rulesetOptions(settings)
  const wanted = wantedFamilies(options)
  const against =
    options.against === 'kernel' ? kernel(state, wanted, ruleset) : otherState(state, wanted, ruleset, options)
  const { old, now } = await against
  return reportDifferences(old, now)
}

type Ruleset = ReturnType<typeof rulesetOptions>

interface Compared {
  readonly old: ComparedSide
  readonly now: ComparedSide
}

async function kernel(state: ClusterStore, wanted: readonly Family[], options: Ruleset): Promise<Compared> {
  const variant = await detectVariant(runCommand)
  const facts = await readKernelFacts(runCommand)
  const old: FamilyRules[] = []
  const now: FamilyRules[] = []
  for (const family of kernelFamilies().filter((candidate) => wanted.includes(candidate))) {
    const ruleset = new IptablesRuleset(state, { ...options, family, kernel: facts })
    ruleset.localAddresses = localAddresses()
    old.push(kernelRules(ruleset, family, await iptablesTool(runCommand, family, variant).save()))
    now.push(desiredRules(ruleset, family))
  }
  return { old: { rules: old }, now: { rules: now } }
}

async function otherState(
  state: ClusterStore,
  wanted: readonly Family[],
  ruleset: Ruleset,
  options: DiffOptions,
): Promise<Compared> {
  const other = await readClusterFiles([options.against])
  const side = (cluster: ClusterStore): ComparedSide => ({
    rules: wanted.map((family) => desiredRules(new IptablesRuleset(cluster, { ...ruleset, family }), family)),
    zone: zoneText(cluster, zoneOptions(options)),
  })
  return { old: side(other), now: side(state) }
}
