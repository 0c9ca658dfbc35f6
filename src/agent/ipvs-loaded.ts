import { existsSync } from 'node:fs'
import { ipvsInterface } from '../backends/ipvs/documents.ts'
import type { RunTool } from '../host/command.ts'
import type { Family } from '../net/family.ts'
import { ipvsTool, type IpvsReadingTool } from './ipvs-tool.ts'

/** Whether IPVS mode has been here: it never goes without its interface. */
export function hasIpvsInterface(): boolean {
  return existsSync(`/sys/class/net/${ipvsInterface}`)
}

/** Whether there can be virtual servers at all in this network namespace: not before the kernel has loaded IPVS. */
export function hasIpvs(): boolean {
  return existsSync('/proc/net/ip_vs')
}

/** Reads one family and changes nothing: to ask a kernel for virtual servers or sets would load what has them. */
export function readingIpvsTool(run: RunTool, family: Family): IpvsReadingTool {
  const tool = ipvsTool(run, family)
  return {
    saveServers: async () => (hasIpvs() ? tool.saveServers() : ''),
    saveSets: async () => (hasIpvs() || hasIpvsInterface() ? tool.saveSets() : ''),
    listAddresses: () => tool.listAddresses(),
  }
}
