import type { RecordData } from './resource-record.ts'
import type { ReverseRecord } from './service-records.ts'

/** A claim to be the name of an address. */
export type Claim = Omit<ReverseRecord, 'owner'>

/** The claims without those given up and with those taken, sorted. */
export function changedClaims(
  claims: readonly Claim[],
  given: readonly Claim[],
  taken: readonly Claim[],
): readonly Claim[] {
  const gone = new Set(given.map(claimText))
  const kept = claims.map(claimText).filter((text) => !gone.has(text))
  return [...new Set([...kept, ...taken.map(claimText)])].sort().map(claimOf)
}

/**
 * The name of the one service that has the address as its cluster IP, the first by name should two claim it; without
 * one, the names of all endpoints that have it, since a pod may stand behind several services.
 */
export function pointers(claims: readonly Claim[]): readonly RecordData[] {
  const services = claims.filter((claim) => claim.clusterIp)
  const targets = [...new Set((services.length > 0 ? services : claims).map((claim) => claim.target))].sort()
  return targets.slice(0, services.length > 0 ? 1 : undefined).map((target) => ({ type: 'PTR', target }))
}

/** As octets, to be kept beside the PTR records that come of them. */
export function claimBytes(claims: readonly Claim[]): Uint8Array {
  return new TextEncoder().encode(claims.map(claimText).join('\n'))
}

export function readClaims(bytes: Uint8Array): readonly Claim[] {
  return new TextDecoder().decode(bytes).split('\n').map(claimOf)
}

function claimText({ target, clusterIp }: Claim): string {
  return `${clusterIp ? 'c' : 'e'}${target}`
}

function claimOf(text: string): Claim {
  return { target: text.slice(1), clusterIp: text.startsWith('c') }
}
