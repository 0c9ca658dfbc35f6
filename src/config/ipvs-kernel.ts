import type { Settings } from './settings.ts'

/** A kernel setting that IPVS mode needs. */
export interface NeededSysctl {
  readonly name: string
  readonly value: string
}

/**
 * The kernel settings that virtual servers depend on; those of `net/ipv4/vs` are there when IPVS is, in each network
 * namespace for itself, and hold for IPv6 too. Source: kube-proxy.
 *
 * @param release Of the kernel, as uname(2) has it: `6.1.0-13-amd64`.
 */
export function ipvsSysctls(settings: Settings, release: string): readonly NeededSysctl[] {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10))
  const reusesPorts = major > 5 || (major === 5 && minor >= 9)
  return [
    // Without connection tracking nothing of IPVS can be masqueraded.
    { name: 'net/ipv4/vs/conntrack', value: '1' },
    // Up to Linux 5.9 a client's port that comes again too soon waits a second, or goes to a pod that is gone.
    ...(reusesPorts ? [] : [{ name: 'net/ipv4/vs/conn_reuse_mode', value: '0' }]),
    // Connections to a real server that was removed end with its next packet.
    { name: 'net/ipv4/vs/expire_nodest_conn', value: '1' },
    // Session affinity does not hold clients at one without weight.
    { name: 'net/ipv4/vs/expire_quiescent_template', value: '1' },
    { name: 'net/ipv4/ip_forward', value: '1' },
    ...(settings['ipvs.strictARP'] === true
      ? [
          { name: 'net/ipv4/conf/all/arp_ignore', value: '1' },
          { name: 'net/ipv4/conf/all/arp_announce', value: '2' },
        ]
      : []),
  ]
}

/** TCP, closed TCP and UDP, each in seconds, as `ipvsadm --set` takes them: 0 leaves one alone; undefined where all are. */
export function ipvsTimeouts(settings: Settings): readonly number[] | undefined {
  const all = [settings['ipvs.tcpTimeout'], settings['ipvs.tcpFinTimeout'], settings['ipvs.udpTimeout']]
  if (all.every((timeout) => timeout === undefined)) return undefined
  // Less than a second would be rounded to "alone".
  return all.map((timeout = 0) => Math.ceil(timeout / 1000))
}
