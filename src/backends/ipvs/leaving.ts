import { realServerKey } from './draining.ts'
import { realServerWords, serverWords, type VirtualServer } from './virtual-server.ts'

/** How virtual servers that nobody needs any more go without ending connections. */
export interface Leaving {
  /** Lines for `ipvsadm -R`. */
  readonly lines: readonly string[]
  /** Those that have to stay for now. */
  readonly staying: readonly VirtualServer[]
}

/**
 * Real servers of TCP with connections lose their weight and stay, with their virtual servers; all else goes.
 *
 * @param connections By `realServerKey`.
 */
export function leave(servers: readonly VirtualServer[], connections: ReadonlyMap<string, number>): Leaving {
  const parts = servers.map((server) => {
    const isBusy = (real: VirtualServer['realServers'][number]) =>
      server.protocol === 'TCP' && (connections.get(realServerKey({ server, real })) ?? 0) > 0
    const busy = server.realServers.filter(isBusy)
    const idle = server.realServers.filter((real) => !isBusy(real))
    if (busy.length === 0) return { server, stays: false, lines: [`-D ${serverWords(server)}`] }
    const weighing = busy.filter(({ weight, other }) => weight !== 0 && other === undefined)
    return {
      server,
      stays: true,
      lines: [
        ...weighing.map((real) => `-e ${serverWords(server)} ${realServerWords({ ...real, weight: 0 })}`),
        ...idle.map(({ target }) => `-d ${serverWords(server)} -r ${target}`),
      ],
    }
  })
  return {
    lines: parts.flatMap(({ lines }) => lines),
    staying: parts.flatMap(({ server, stays }) => (stays ? [server] : [])),
  }
}
