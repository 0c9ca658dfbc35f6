import { nodeLocalDocumentName } from '../agent/documents.ts'
import { detectVariant } from '../agent/iptables-tool.ts'
import type { NodeLocalDnsOptions } from '../agent/node-local-dns.ts'
import { NodeLocalLink, nodeLocalInterface } from '../agent/node-local-link.ts'
import { chooseNodeLocalRules } from '../agent/node-local-rules.ts'
import { runCommand } from '../host/command.ts'
import { kernelFamilies } from '../host/kernel-families.ts'
import { linkTool } from '../host/link.ts'
import type { Family } from '../net/family.ts'
import { dnsPorts } from '../plan/node-local-dns.ts'
import type { NodeLocalOptions } from './options.ts'
import { print } from './output.ts'

/** How `run` takes the cluster DNS addresses; undefined when it is not to. */
export function nodeLocalDnsOptions({
  nodeLocalDns,
  dryRun = false,
}: NodeLocalOptions & { readonly dryRun?: boolean }): NodeLocalDnsOptions | undefined {
  if (nodeLocalDns === undefined) return undefined
  const families = kernelFamilies()
  const link = linkTool(runCommand, nodeLocalInterface)
  const rules = { families, ports: dnsPorts, ...(dryRun ? { print: printRules } : {}) }
  return {
    link: new NodeLocalLink(dryRun ? { ...link, change: printLines } : link, families),
    rules: () => chooseNodeLocalRules(runCommand, () => detectVariant(runCommand), rules),
    ...(nodeLocalDns === true ? {} : { addresses: nodeLocalDns }),
    dryRun,
  }
}

function printLines(lines: readonly string[]): Promise<void> {
  return print(`# node-local-dns.ip\n${lines.join('\n')}\n`)
}

function printRules(family: Family, document: string): Promise<void> {
  return print(`# ${nodeLocalDocumentName(family)}\n${document}`)
}
