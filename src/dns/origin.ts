import { isWithin, nameBytes } from './name.ts'
import { zoneNames, type ZoneOptions } from './zone-options.ts'

/** Where a zone we serve begins: the cluster domain or a reverse tree. */
export interface Origin {
  readonly name: string
  /** The name in wire form. */
  readonly wire: Uint8Array
  /** Octets of the name in wire form: where in a question the zone's part begins. */
  readonly length: number
}

/** The origins of all zones, the longest first, so that the first which a name lies in is the zone it belongs to. */
export function originsOf(options: ZoneOptions): readonly Origin[] {
  return [...new Set(zoneNames(options))].map(originOf).sort((a, b) => b.length - a.length)
}

export function isReverse(name: string): boolean {
  return isWithin(name, 'in-addr.arpa.') || isWithin(name, 'ip6.arpa.')
}

function originOf(name: string): Origin {
  const wire = name === '.' ? undefined : nameBytes(name)
  if (wire === undefined) {
    throw new SyntaxError(`Cannot serve the zone "${name.replace(/\.$/, '')}": it is not a DNS name`)
  }
  return { name, wire, length: wire.length }
}
