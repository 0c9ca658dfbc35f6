import type { Cidr } from '../net/cidr.ts'
import type { Settings } from './settings.ts'

/** How the traffic of pods is told from all other, with what that way needs. */
export type LocalDetection =
  | { readonly mode: 'ClusterCIDR'; readonly networks: readonly Cidr[] }
  | { readonly mode: 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface'; readonly name: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string }

/** A sentence where the settings name a way and not what it needs. */
export function localDetection(settings: Settings): LocalDetection | { readonly problem: string } {
  const mode = settings.detectLocalMode ?? 'ClusterCIDR'
  switch (mode) {
    case 'ClusterCIDR':
      return { mode, networks: settings.clusterCIDR ?? [] }
    case 'NodeCIDR':
      return { mode }
    case 'BridgeInterface': {
      const name = settings['detectLocal.bridgeInterface']
      return name === undefined ? missing(mode, 'detectLocal.bridgeInterface', 'pod-bridge-interface') : { mode, name }
    }
    case 'InterfaceNamePrefix': {
      const prefix = settings['detectLocal.interfaceNamePrefix']
      return prefix === undefined
        ? missing(mode, 'detectLocal.interfaceNamePrefix', 'pod-interface-name-prefix')
        : { mode, prefix }
    }
  }
}

function missing(mode: string, field: string, flag: string): { readonly problem: string } {
  return { problem: `detectLocalMode ${mode} needs ${field} (--${flag})` }
}
