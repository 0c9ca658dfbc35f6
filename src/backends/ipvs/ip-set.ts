import type { Family } from '../../net/family.ts'

/** The sets of ours, in the order they are made, and their types. IPv6 has the same under names of its own. */
const setTypes = {
  'KUBE-LOOP-BACK': 'hash:ip,port,ip',
  'KUBE-CLUSTER-IP': 'hash:ip,port',
  'KUBE-EXTERNAL-IP': 'hash:ip,port',
  'KUBE-EXTERNAL-IP-LOCAL': 'hash:ip,port',
  'KUBE-LOAD-BALANCER': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-FW': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-LOCAL': 'hash:ip,port',
  'KUBE-LOAD-BALANCER-SOURCE-IP': 'hash:ip,port,ip',
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': 'hash:ip,port,net',
  'KUBE-NODE-PORT-TCP': 'bitmap:port',
  'KUBE-NODE-PORT-LOCAL-TCP': 'bitmap:port',
  'KUBE-NODE-PORT-UDP': 'bitmap:port',
  'KUBE-NODE-PORT-LOCAL-UDP': 'bitmap:port',
  // A bitmap of ports cannot hold SCTP.
  'KUBE-NODE-PORT-SCTP-HASH': 'hash:ip,port',
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': 'hash:ip,port',
  'KUBE-HEALTH-CHECK-NODE-PORT': 'bitmap:port',
  'KUBE-IPVS-IPS': 'hash:ip',
} as const

export type SetName = keyof typeof setTypes

export const setNames: readonly SetName[] = Object.keys(setTypes).filter(isSetName)

/** One member of a set, as ipset(8) prints it: `10.96.0.10,tcp:80`. */
export interface SetMember {
  readonly set: SetName
  readonly member: string
}

/** The longest name that the kernel takes. Source: IPSET_MAXNAMELEN of linux/netfilter/ipset/ip_set.h, less its NUL. */
const maxNameLength = 31

/** What the kernel calls the set of a family: `KUBE-CLUSTER-IP`, `KUBE-6-CLUSTER-IP`; two names are cut. */
export function kernelSetName(name: SetName, family: Family): string {
  return family === 'IPv4' ? name : name.replace(/^KUBE-/, 'KUBE-6-').slice(0, maxNameLength)
}

/** The line for `ipset restore` that makes an empty set. */
export function createLine(name: SetName, family: Family): string {
  const type = setTypes[name]
  const options =
    type === 'bitmap:port'
      ? 'range 0-65535'
      : `family ${family === 'IPv4' ? 'inet' : 'inet6'} hashsize 1024 maxelem 65536`
  return `create ${kernelSetName(name, family)} ${type} ${options}`
}

export function addLine({ set, member }: SetMember, family: Family): string {
  return `add ${kernelSetName(set, family)} ${member}`
}

export function deleteLine({ set, member }: SetMember, family: Family): string {
  return `del ${kernelSetName(set, family)} ${member}`
}

function isSetName(name: string): name is SetName {
  return Object.hasOwn(setTypes, name)
}
