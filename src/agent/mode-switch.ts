import { cleanOtherMode } from '../backends/iptables/other-mode.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import { ipvsInterface } from '../backends/ipvs/documents.ts'
import type { RunTool } from '../host/command.ts'
import type { Cidr } from '../net/cidr.ts'
import type { Family } from '../net/family.ts'
import type { BaseRules } from '../xtables/base-rules.ts'
import type { OtherMode, RemovalReport } from './family-backend.ts'
import { readIptablesBase } from './iptables-base.ts'
import type { IptablesTool } from './iptables-tool.ts'
import { IpvsLeftovers } from './ipvs-leftovers.ts'
import { hasIpvs, hasIpvsInterface } from './ipvs-loaded.ts'
import { readIpvsBase } from './ipvs-ruleset.ts'
import { deleteIpvsInterface, ipvsTool } from './ipvs-tool.ts'

/** What iptables mode has left where IPVS mode runs now. Connections that its rules have translated are tracked and go on. */
export function iptablesLeftovers(tool: IptablesTool, family: Family): OtherMode {
  return {
    async remove() {
      const removed = await removeRules(tool, readIptablesBase(family), readIpvsBase({ family }))
      return { removed: removed ? ['chains and jumps of iptables mode'] : [], complete: true }
    },
  }
}

/**
 * What IPVS mode has left where iptables mode runs now: new connections go by rules, and those that there are keep their
 * virtual server until they end.
 *
 * @param excluded Virtual servers in here are never removed.
 */
export function ipvsLeftovers(run: RunTool, tool: IptablesTool, family: Family, excluded: readonly Cidr[]): OtherMode {
  const leftovers = new IpvsLeftovers(ipvsTool(run, family), family, excluded)
  return {
    async remove() {
      if (!hasIpvsInterface()) return nothing
      const { removed, complete } = hasIpvs() ? await leftovers.drain() : nothing
      if (!complete) return { removed, complete }
      // Until now they kept what listens on the node from answering at addresses of services.
      const rules = await removeRules(tool, readIpvsBase({ family }), readIptablesBase(family))
      const sets = await leftovers.removeSets()
      const isLast = await removeInterface(run)
      return {
        removed: [
          ...removed,
          ...(rules ? ['chains and jumps of IPVS mode'] : []),
          ...(sets ? ['its sets'] : []),
          ...(isLast ? [`the interface ${ipvsInterface}`] : []),
        ],
        complete: true,
      }
    },
  }
}

const nothing: RemovalReport = { removed: [], complete: true }

/** Returns whether there were any. */
async function removeRules(tool: IptablesTool, other: BaseRules, ours: BaseRules): Promise<boolean> {
  const { document } = cleanOtherMode(other, ours, parseSavedRules(await tool.save()))
  if (document !== '') await tool.restore(document)
  return document !== ''
}

/** When the last family is done; returns whether that is so. */
async function removeInterface(run: RunTool): Promise<boolean> {
  const { stdout } = await run('ip', ['-o', 'addr', 'show', 'dev', ipvsInterface])
  if (stdout.trim() !== '') return false
  await deleteIpvsInterface(run)
  return true
}
