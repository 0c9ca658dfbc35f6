import { cleanNodeLocal, nodeLocalTables, renderNodeLocal } from '../backends/iptables/node-local-rules.ts'
import { parseSavedRules, type SavedRules } from '../backends/iptables/saved-rules.ts'
import type { Variant } from '../backends/iptables/variant.ts'
import {
  nodeLocalTable,
  removeNodeLocalTable,
  renderNodeLocalTable,
  tableFamily,
} from '../backends/nftables/node-local-table.ts'
import { CommandError, type RunCommand } from '../host/command.ts'
import { familyOf, type Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import type { NodeLocalPort } from '../plan/node-local-dns.ts'
import { iptablesTool, listTable } from './iptables-tool.ts'

/** The rules that keep queries for this node's own DNS on the node. */
export interface NodeLocalRules {
  /** What they are written with: `iptables-nft`, `iptables-legacy` or `nftables`. */
  readonly tool: string
  /** Makes the kernel hold those for these addresses and no others; returns whether anything was missing or too much. */
  ensure(addresses: readonly Address[]): Promise<boolean>
  /** Returns whether there were any. */
  remove(): Promise<boolean>
}

export interface NodeLocalRulesOptions {
  readonly families: readonly Family[]
  readonly ports: readonly NodeLocalPort[]
  /** Called with what would be given to a tool, instead of giving it; absent: it is given. */
  readonly print?: (family: Family, document: string) => Promise<void>
}

/** Writes them with iptables where one of its variants can be read, else with nft; throws a sentence when neither can be. */
export async function chooseNodeLocalRules(
  run: RunCommand,
  detect: () => Promise<Variant>,
  options: NodeLocalRulesOptions,
): Promise<NodeLocalRules> {
  try {
    return iptablesRules(run, await detect(), options)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    try {
      await run('nft', ['list', 'tables'])
      return nftablesRules(run, options)
    } catch (second) {
      throw second instanceof CommandError ? new Error(`${error.message}; ${second.message}`, { cause: error }) : second
    }
  }
}

function iptablesRules(
  run: RunCommand,
  variant: Variant,
  { families, ports, print }: NodeLocalRulesOptions,
): NodeLocalRules {
  const write = async (family: Family, render: (kernel: SavedRules) => string) => {
    // Two tables alone: all the rules of a large cluster take seconds.
    const listed = await Promise.all(nodeLocalTables.map((table) => listTable(run, family, variant, table)))
    const document = render(parseSavedRules(listed.join('')))
    if (document === '') return false
    await (print ? print(family, document) : iptablesTool(run, family, variant).restore(document))
    return true
  }
  return {
    tool: `iptables-${variant}`,
    ensure: (addresses) =>
      eachFamily(families, addresses, (family, own) =>
        write(family, (kernel) => renderNodeLocal({ addresses: own, ports }, kernel)),
      ),
    remove: () => eachFamily(families, [], (family) => write(family, (kernel) => cleanNodeLocal(kernel).document)),
  }
}

export function nftablesRules(
  run: RunCommand,
  { families, ports, print = (_, script) => load(run, script) }: NodeLocalRulesOptions,
): NodeLocalRules {
  // Each release prints rules in its own way, so what is there is compared with what was there when we had written.
  const printed = new Map<string, string>()
  return {
    tool: 'nftables',
    ensure: (addresses) =>
      eachFamily(families, addresses, async (family, own) => {
        const script = renderNodeLocalTable(family, { addresses: own, ports })
        const before = await listNftTable(run, family)
        if (before === (own.length === 0 ? '' : printed.get(script))) return false
        await print(family, script)
        printed.set(script, await listNftTable(run, family))
        return true
      }),
    remove: () =>
      eachFamily(families, [], async (family) => {
        if ((await listNftTable(run, family)) === '') return false
        await print(family, removeNodeLocalTable(family))
        return true
      }),
  }
}

/** Whether any family had something to write. One that fails does not stop the other. */
async function eachFamily(
  families: readonly Family[],
  addresses: readonly Address[],
  write: (family: Family, own: readonly Address[]) => Promise<boolean>,
): Promise<boolean> {
  let wrote = false
  const failures: string[] = []
  for (const family of families) {
    try {
      const own = addresses.filter((address) => familyOf(address) === family).sort()
      if (await write(family, own)) wrote = true
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      failures.push(error.message)
    }
  }
  if (failures.length > 0) throw new CommandError(failures.join('; '), false)
  return wrote
}

async function load(run: RunCommand, script: string): Promise<void> {
  await run('nft', ['-f', '-'], script)
}

/** The table as nft prints it; empty when there is none. */
async function listNftTable(run: RunCommand, family: Family): Promise<string> {
  try {
    return await run('nft', ['list', 'table', tableFamily(family), nodeLocalTable])
  } catch (error) {
    if (error instanceof CommandError && /No such file or directory/.test(error.stderr)) return ''
    throw error
  }
}
