import type { Command } from 'commander'
import { deleteCounters } from '../agent/counters.ts'
import { readIptablesBase } from '../agent/iptables-base.ts'
import { iptablesTool } from '../agent/iptables-tool.ts'
import { IpvsLeftovers } from '../agent/ipvs-leftovers.ts'
import { hasIpvs, hasIpvsInterface } from '../agent/ipvs-loaded.ts'
import { readIpvsBase } from '../agent/ipvs-ruleset.ts'
import { deleteIpvsInterface, ipvsTool } from '../agent/ipvs-tool.ts'
import { NodeLocalLink, isOurs, nodeLocalInterface } from '../agent/node-local-link.ts'
import { nftablesRules } from '../agent/node-local-rules.ts'
import { joinCleanups, planCleanup } from '../backends/iptables/cleanup.ts'
import { cleanNodeLocal } from '../backends/iptables/node-local-rules.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import { variants, type Variant } from '../backends/iptables/variant.ts'
import { ipvsInterface } from '../backends/ipvs/documents.ts'
import { CommandError, runCommand, runTool } from '../host/command.ts'
import { errorText } from '../host/error-text.ts'
import type { Family } from '../net/family.ts'
import { joinBaseRules } from '../xtables/base-rules.ts'
import { linkTool } from '../host/link.ts'
import { kernelFamilies } from '../host/kernel-families.ts'
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
  // While sets and addresses tell whose virtual servers are.
  await removeIpvsServers().catch((error: unknown) => failures.push(errorText(error)))
  for (const family of kernelFamilies()) {
    const unreadable: string[] = []
    for (const variant of variants) {
      const saved = await iptablesTool(runCommand, family, variant).save().catch(messageOf)
      if (typeof saved !== 'string') unreadable.push(saved.message)
      else await removeOurs(family, variant, saved).catch((error: unknown) => failures.push(messageOf(error).message))
    }
    // A kernel may have only one of the variants; without any, nobody knows what is left.
    if (unreadable.length === variants.length) failures.push(...unreadable)
  }
  // The kernel deletes no set that a rule asks about.
  await removeIpvsSets().catch((error: unknown) => failures.push(errorText(error)))
  await removeNodeLocal().catch((error: unknown) => failures.push(messageOf(error).message))
  // Last, because the kernel deletes no counter that a rule names. Without the tool there are none of ours.
  const deleted = await deleteCounters(runCommand).catch(() => [])
  if (deleted.length > 0) await print(`Removed our counters ${deleted.join(' and ')}.\n`)
  if (failures.length > 0) throw new Failure(failures.join('\n'))
}

/** Those of IPVS mode and the interface with their addresses; connections through them end. */
async function removeIpvsServers(): Promise<void> {
  if (!hasIpvsInterface()) return
  for (const family of hasIpvs() ? kernelFamilies() : []) {
    const { removed } = await ipvsLeftovers(family).removeServers()
    for (const what of removed) await print(`Removed ${what} of ${family}.\n`)
  }
  await deleteIpvsInterface(runTool)
  await print(`Removed the interface ${ipvsInterface}.\n`)
}

async function removeIpvsSets(): Promise<void> {
  for (const family of kernelFamilies()) {
    if (await ipvsLeftovers(family).removeSets()) await print(`Removed our ${family} sets.\n`)
  }
}

function ipvsLeftovers(family: Family): IpvsLeftovers {
  return new IpvsLeftovers(ipvsTool(runTool, family), family, [])
}

/** What rules of the node's own DNS leave: tables of nftables, where there is that, and the interface behind all rules. */
async function removeNodeLocal(): Promise<void> {
  const hasNft = await runCommand('nft', ['--version']).catch(() => undefined)
  const tables = nftablesRules(runCommand, { families: kernelFamilies(), ports: [] })
  if (hasNft !== undefined && (await tables.remove())) await print('Removed our tables from nftables.\n')
  const link = new NodeLocalLink(linkTool(runCommand, nodeLocalInterface), kernelFamilies())
  const found = await link.read()
  if (found === undefined || !isOurs(found)) return
  await link.delete()
  await print(`Removed the interface ${link.name}.\n`)
}

async function removeOurs(family: Family, variant: Variant, saved: string): Promise<void> {
  // What IPVS mode has besides goes in the same transaction.
  const base = joinBaseRules([readIptablesBase(family, { localhost: family === 'IPv4' }), readIpvsBase({ family })])
  const kernel = parseSavedRules(saved)
  // The rules of the node's own DNS first: the Service takes over while it still has rules.
  const { document, leading, kept } = joinCleanups([cleanNodeLocal(kernel), planCleanup(base, kernel)])
  for (const chain of kept) await print(keptSentence(chain, variant))
  if (document === '') return
  await iptablesTool(runCommand, family, variant).restore(document)
  await print(`Removed our ${family} chains and jumps from iptables-${variant}.\n`)
  if (leading.length === 0) return
  const rules = leading.map((rule) => `  ${rule}`).join('\n')
  throw new CommandError(
    `Chains of ours stay in iptables-${variant}, empty, because other rules lead to them; remove these, then run cleanup again:\n${rules}`,
    false,
  )
}

function keptSentence(chain: string, variant: Variant): string {
  return (
    `The chain ${chain} stays in iptables-${variant} with its jumps: it keeps neighbours from 127.0.0.1 while the sysctl ` +
    'net/ipv4/conf/all/route_localnet is 1, and the kubelet may need it.\n'
  )
}

function messageOf(error: unknown): { readonly message: string } {
  if (error instanceof CommandError) return { message: error.message }
  throw error
}
