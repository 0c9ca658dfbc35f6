import { formatTable } from '../xtables/table-lines.ts'
import { withInserted } from '../backends/iptables/inserted-rules.ts'
import { parseSavedRules } from '../backends/iptables/saved-rules.ts'
import type { Log } from '../host/log.ts'
import { readSysctl, writeSysctl } from '../host/sysctl.ts'
import type { IptablesFamily } from './iptables-backend.ts'
import { readLocalhostBase } from './iptables-base.ts'

const name = 'net/ipv4/conf/all/route_localnet'

/**
 * Lets the kernel send packets from 127.0.0.1 to other nodes and pods, as node ports on it need. From then on it also
 * takes packets for 127.0.0.1 from the network, so the guard goes first, whatever else the first sync will bring.
 */
export async function routeLocalnet({ tool, dryRun }: IptablesFamily, log: Log): Promise<void> {
  if ((await readSysctl(name)) === '1') return
  if (dryRun) return log.info(`would set sysctl ${name} to 1`)
  const nothing = { table: 'filter', chains: [], rules: [] } as const
  const guard = formatTable(withInserted(nothing, readLocalhostBase(), parseSavedRules(await tool.save())))
  if (guard !== '') await tool.restore(guard)
  await writeSysctl(name, '1')
  log.info(`set sysctl ${name} to 1`)
}
