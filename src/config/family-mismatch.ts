import type { Cidr } from '../net/cidr.ts'
import { familyOf } from '../net/address.ts'
import { families, type Family } from '../net/family.ts'
import type { Settings } from './settings.ts'

/**
 * What an operator may not expect where networks of one family alone are given; one sentence each. The primary family is
 * that of `bindAddress`, which kubeadm writes for the cluster, or IPv4. Source: kube-proxy's checks for dual-stack nodes.
 */
export function familyMismatches(settings: Settings): readonly string[] {
  const primary = settings.bindAddress === undefined ? 'IPv4' : familyOf(settings.bindAddress)
  const { clusterCIDR = [], nodePortAddresses: ports = [] } = settings
  const pods = lacking(clusterCIDR)
  const dualStack = clusterCIDR.length > 0 && pods === undefined
  const open = ports === 'primary' ? undefined : lacking(ports)
  return [
    ...(pods === primary && (settings.detectLocalMode ?? 'ClusterCIDR') === 'ClusterCIDR'
      ? [`clusterCIDR has no ${pods} network: ${pods} traffic of pods is not told from other`]
      : []),
    ...(open !== undefined && (open === primary || dualStack)
      ? [`nodePortAddresses has no ${open} network: node ports are open on every ${open} address`]
      : []),
  ]
}

/** The family that none of these networks is of, if there are any at all. */
function lacking(networks: readonly Cidr[]): Family | undefined {
  if (networks.length === 0) return undefined
  return families.find((family) => networks.every((network) => network.family !== family))
}
