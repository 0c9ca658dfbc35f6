import type { Command } from 'commander'
import { renderCleanup } from '../backends/iptables/cleanup.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import { IptablesRuleset } from '../agent/iptables-ruleset.ts'
import { ClusterStore } from '../agent/cluster-store.ts'
import { iptablesTool } from '../agent/iptables-tool.ts'
import { CommandError, runCommand } from '../host/command.ts'
import { families } from '../net/family.ts'
import { Failure } from './failure.ts'
import { print } from './output.ts'

export function addCleanup(program: Command): void {
  program
    .command('cleanup')
    .description('remove everything that pointsman put into the kernel, and nothing else')
    .action(cleanup)
}

/** Both variants and both families: an earlier run may have used another one. What cannot be cleaned does not stop the rest. */
async function cleanup(): Promise<void> {
  const failures: string[] = []
  let found = false
  for (const family of families) {
    const { base, jumps } = new IptablesRuleset(new ClusterStore(), {
      family,
      nodeName: '',
      masqueradeAll: false,
      podNetworks: [],
    })
    for (const variant of ['nft', 'legacy'] as const) {
      const tool = iptablesTool(runCommand, family, variant)
      try {
        const document = renderCleanup(base, jumps, parseSavedRules(await tool.save()))
        found = true
        if (document === '') continue
        await tool.restore(document)
        await print(`Removed our ${family} chains and jumps from iptables-${variant}.\n`)
      } catch (error) {
        if (!(error instanceof CommandError)) throw error
        if (!error.missing) failures.push(error.message)
      }
    }
  }
  if (!found) failures.push('Cannot find iptables-nft-save or iptables-legacy-save: install the package iptables')
  if (failures.length > 0) throw new Failure(failures.join('\n'))
}
