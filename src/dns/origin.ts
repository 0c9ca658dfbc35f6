import { isWithin, nameBytes } from './name.ts'
import { apexNames, reverseNames } from './zone-names.ts'
import type { ZoneOptions } from './zone-options.ts'

/** Where a zone we serve begins: the cluster domain or a reverse tree. */
export interface Origin {
  readonly name: string
  /** The name in wire form. */
  readonly wire: Uint8Array
  /** Octets of the name in wire form: where in a question the zone's part begins. */
  readonly length: number
}

/** The cluster domains, then the reverse zones. */
export function originsOf(options: ZoneOptions): readonly Origin[] {
  return [...new Set([...apexNames(options), ...reverseNames(options)])].map(originOf)
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
