import type { Command } from 'commander'
import type { ClusterStore } from '../agent/cluster-store.ts'
import { conflictLines } from '../agent/conflict-report.ts'
import { desiredSections, kernelSections, zoneSections } from '../agent/documents.ts'
import { IptablesRuleset } from '../agent/iptables-ruleset.ts'
import { readKernelFacts } from '../agent/kernel-facts.ts'
import { detectVariant, iptablesTool } from '../agent/iptables-tool.ts'
import { diffRulesets, formatDiff, type DocumentSections } from '../diff/ruleset-diff.ts'
import { runCommand } from '../host/command.ts'
import { kernelFamilies } from '../host/kernel-families.ts'
import { localAddresses } from '../host/local-addresses.ts'
import type { Family } from '../net/family.ts'
import { rulesetOptions } from './agent-settings.ts'
import {
  addClusterOptions,
  addFamilyOption,
  readCluster,
  wantedFamilies,
  zoneOptions,
  type ClusterOptions,
} from './options.ts'
import { print } from './output.ts'
import { hideKernelOptions } from './setting-options.ts'
import { readSettings } from './settings.ts'

interface DiffOptions extends ClusterOptions {
  readonly family?: Family
  readonly against: string
}

export function addDiff(program: Command): void {
  const command = program
    .command('diff')
    .description('compare what would be programmed with the kernel or with another state; exit code 1 when they differ')
  addFamilyOption(hideKernelOptions(addClusterOptions(command)))
    .option('--against <state>', 'kernel, or a path to another cluster state', 'kernel')
    .action(diff)
}

/** Lines with `-` are there now (in the kernel, or in the other state), lines with `+` would be there. */
async function diff(options: DiffOptions): Promise<void> {
  const ruleset = rulesetOptions(await readSettings(options))
  const state = await readCluster(options.filename)
  for (const line of conflictLines(state.claims)) console.error(line)
  const wanted = wantedFamilies(options)
  const against =
    options.against === 'kernel' ? kernel(state, wanted, ruleset) : otherState(state, wanted, ruleset, options)
  const { old, now } = await against
  const differences = diffRulesets(old, now)
  await print(formatDiff(differences))
  if (differences.length > 0) process.exitCode = 1
}

type Ruleset = ReturnType<typeof rulesetOptions>

interface Compared {
  readonly old: readonly DocumentSections[]
  readonly now: readonly DocumentSections[]
}

async function kernel(state: ClusterStore, wanted: readonly Family[], options: Ruleset): Promise<Compared> {
  const variant = await detectVariant(runCommand)
  const facts = await readKernelFacts(runCommand)
  const old: DocumentSections[] = []
  const now: DocumentSections[] = []
  for (const family of kernelFamilies().filter((candidate) => wanted.includes(candidate))) {
    const ruleset = new IptablesRuleset(state, { ...options, family, kernel: facts })
    ruleset.localAddresses = localAddresses()
    old.push(kernelSections(ruleset, family, await iptablesTool(runCommand, family, variant).save()))
    now.push(desiredSections(ruleset, family))
  }
  return { old, now }
}

async function otherState(
  state: ClusterStore,
  wanted: readonly Family[],
  ruleset: Ruleset,
  options: DiffOptions,
): Promise<Compared> {
  const other = await readCluster([options.against])
  const sections = (cluster: ClusterStore) => [
    ...wanted.map((family) => desiredSections(new IptablesRuleset(cluster, { ...ruleset, family }), family)),
    zoneSections(cluster, zoneOptions(options)),
  ]
  return { old: sections(other), now: sections(state) }
}
