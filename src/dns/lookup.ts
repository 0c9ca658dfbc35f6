import { spelledName } from './name.ts'
import { parseRecordType } from './record-type.ts'
import { resolve, type PlacedRRset, type Rcode } from './resolution.ts'
import type { ResourceRecord } from './resource-record.ts'
import type { ZoneView } from './zone-view.ts'

export { formatRecord } from './resource-record.ts'

/** An answer as records, section by section, as a DNS client would read it. */
export interface LookupResult {
  readonly rcode: Rcode
  readonly answers: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
}

/** Answers a name as it was typed, a final dot or not, and a type (`SRV`, `TYPE33` or 33) from the zone alone. */
export function lookup(zone: ZoneView, name: string, type: string | number): LookupResult {
  const spelled = spelledName(name)
  if (spelled === undefined) {
    throw new SyntaxError(`Cannot look up "${name}": a DNS name has labels of 1 to 63 ASCII characters, 253 together`)
  }
  const resolution = resolve(zone, spelled.toLowerCase(), parseRecordType(type))
  const records = (section: readonly PlacedRRset[]): readonly ResourceRecord[] =>
    section.flatMap(({ owner, rrset }) => rrset.records(owner === spelled.toLowerCase() ? spelled : owner))
  return {
    rcode: resolution.rcode,
    answers: records(resolution.answers),
    authority: records(resolution.authority),
    additional: records(resolution.additional),
  }
}
