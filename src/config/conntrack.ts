import type { Settings } from './settings.ts'

/** One line for /proc/sys. */
export interface SysctlWrite {
  readonly name: string
  readonly value: string
  /** The setting that leaves it alone, e.g. `conntrack.maxPerCore: 0`. */
  readonly unless: string
}

const directory = 'net/netfilter'

/** kube-proxy's defaults; they count as soon as one of the two is asked for. */
export const defaultPerCore = 32_768
export const defaultMin = 131_072

/** Entries for each bucket of the table that they are found by. Source: kube-proxy. */
const entriesPerBucket = 4

/** Which sysctls {@link conntrackWrites} looks at. */
export const conntrackSysctls: readonly string[] = [
  'nf_conntrack_max',
  'nf_conntrack_buckets',
  'nf_conntrack_tcp_timeout_established',
  'nf_conntrack_tcp_timeout_close_wait',
  'nf_conntrack_tcp_be_liberal',
  'nf_conntrack_udp_timeout',
  'nf_conntrack_udp_timeout_stream',
].map((name) => `${directory}/${name}`)

/**
 * What must be written so that the kernel tracks connections as asked; nothing that is right already. The limit is never
 * lowered.
 *
 * @param current What is there now, by name; a sysctl that is not there is tried all the same, so that it is missed aloud.
 */
export function conntrackWrites(
  settings: Settings,
  cores: number,
  current: ReadonlyMap<string, string>,
): readonly SysctlWrite[] {
  return [
    ...limit(settings, cores, current),
    ...timeout(settings, 'tcpEstablishedTimeout', 'tcp_timeout_established'),
    ...timeout(settings, 'tcpCloseWaitTimeout', 'tcp_timeout_close_wait'),
    ...(settings['conntrack.tcpBeLiberal'] === true
      ? [write('tcp_be_liberal', 1, 'conntrack.tcpBeLiberal: false')]
      : []),
    ...timeout(settings, 'udpTimeout', 'udp_timeout'),
    ...timeout(settings, 'udpStreamTimeout', 'udp_timeout_stream'),
  ].filter(({ name, value }) => current.get(name) !== value)
}

function limit(settings: Settings, cores: number, current: ReadonlyMap<string, string>): readonly SysctlWrite[] {
  const { 'conntrack.maxPerCore': perCore, 'conntrack.min': min } = settings
  if ((perCore === undefined && min === undefined) || perCore === 0) return []
  const max = Math.max(min ?? defaultMin, (perCore ?? defaultPerCore) * cores)
  const unless = 'conntrack.maxPerCore: 0'
  return [write('max', max, unless), write('buckets', Math.floor(max / entriesPerBucket), unless)].filter(
    ({ name, value }) => !(Number(current.get(name)) >= Number(value)),
  )
}

/** Whole seconds; at least one, because 0 would forget at once. */
function timeout(
  settings: Settings,
  field: 'tcpEstablishedTimeout' | 'tcpCloseWaitTimeout' | 'udpTimeout' | 'udpStreamTimeout',
  name: string,
): readonly SysctlWrite[] {
  const ms = settings[`conntrack.${field}`] ?? 0
  return ms === 0 ? [] : [write(name, Math.max(1, Math.floor(ms / 1000)), `conntrack.${field}: 0s`)]
}

function write(name: string, value: number, unless: string): SysctlWrite {
  return { name: `${directory}/nf_conntrack_${name}`, value: String(value), unless }
}
