import { readName } from './name.ts'

/** A part of record data: so many octets, a domain name, a character string (RFC 1035 section 3.3), or all that remains. */
export type RecordField = number | 'name' | 'string' | 'rest'

/** RFC 1035 allows names in the data of these types, and of no others, to be compressed (RFC 3597 section 4). */
const compressible: ReadonlyMap<number, readonly RecordField[]> = new Map<number, readonly RecordField[]>([
  [2, ['name']], // NS
  [3, ['name']], // MD
  [4, ['name']], // MF
  [5, ['name']], // CNAME
  [6, ['name', 'name', 20]], // SOA
  [7, ['name']], // MB
  [8, ['name']], // MG
  [9, ['name']], // MR
  [12, ['name']], // PTR
  [14, ['name', 'name']], // MINFO
  [15, [2, 'name']], // MX
])

/** Writers of old compress these as well, and a reader should take it (RFC 3597 section 4). */
const readable: ReadonlyMap<number, readonly RecordField[]> = new Map<number, readonly RecordField[]>([
  ...compressible,
  [17, ['name', 'name']], // RP
  [18, [2, 'name']], // AFSDB
  [21, [2, 'name']], // RT
  [24, [18, 'name', 'rest']], // SIG
  [26, [2, 'name', 'name']], // PX
  [28, [16]], // AAAA
  [30, ['name', 'rest']], // NXT
  [33, [6, 'name']], // SRV
  [35, [4, 'string', 'string', 'string', 'name']], // NAPTR
  [39, ['name']], // DNAME
])

const internet = 1
const address: readonly RecordField[] = [4]

/** The parts of a record's data; undefined when it is opaque. An UPDATE (classes NONE, ANY) has records without data. */
export function recordFields(type: number, recordClass: number): readonly RecordField[] | undefined {
  if (recordClass >= 254) return undefined
  // Outside the Internet class an A record is something else (RFC 1035 section 3.4.1 has it for IN alone).
  if (type === 1 && recordClass === internet) return address
  return readable.get(type)
}

/** The parts of data whose names may be written as pointers; undefined when it has none. */
export function compressibleFields(type: number, recordClass: number): readonly RecordField[] | undefined {
  return recordClass >= 254 ? undefined : compressible.get(type)
}

/** Where in data each of its parts begins; undefined when the data is not just these parts. */
export function fieldOffsets(fields: readonly RecordField[], data: Uint8Array): readonly number[] | undefined {
  const offsets: number[] = []
  let at = 0
  for (const field of fields) {
    offsets.push(at)
    if (field === 'name') at = readName(data, at)?.end ?? Infinity
    else if (field === 'rest') at = Math.max(at, data.length)
    else at += field === 'string' ? 1 + (data[at] ?? 0) : field
  }
  return at === data.length ? offsets : undefined
}
