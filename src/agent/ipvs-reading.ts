import { parseSavedAddresses } from '../backends/ipvs/saved-addresses.ts'
import { parseSavedServers } from '../backends/ipvs/saved-servers.ts'
import { parseSavedSets } from '../backends/ipvs/saved-sets.ts'
import { recordedServers } from '../backends/ipvs/server-record.ts'
import type { IpvsState } from '../backends/ipvs/state.ts'
import type { VirtualServer } from '../backends/ipvs/virtual-server.ts'
import type { Family } from '../net/family.ts'
import type { IpvsReadingTool } from './ipvs-tool.ts'

/** What the kernel was found to hold in one family. */
export interface FoundState extends IpvsState {
  /** Whether a virtual server is ours by what stands beside it. */
  readonly isRecorded: (server: VirtualServer) => boolean
}

/** Reads everything of IPVS mode but its rules: three dumps, whatever the number of interfaces, sets and servers. */
export async function readIpvsState(tool: IpvsReadingTool, family: Family): Promise<FoundState> {
  const { bound, node } = parseSavedAddresses(await tool.listAddresses(), family)
  const sets = parseSavedSets(await tool.saveSets(), family)
  const servers = parseSavedServers(await tool.saveServers(), family)
  return { servers, sets, addresses: bound, isRecorded: recordedServers({ addresses: bound, sets }, node) }
}
