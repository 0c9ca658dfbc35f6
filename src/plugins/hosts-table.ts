import type { Hosts } from '../config/corefile/plugins/hosts.ts'
import { parentName, spelledName } from '../dns/name.ts'
import { reverseName } from '../dns/reverse-name.ts'
import { familyOf, parseAddress, type Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'
import { zoneOf } from './zones.ts'

/** The addresses of names and the names of addresses, as in hosts(5). Names are absolute and in lower case. */
export interface HostsTable {
  /** By name; `*.` in front stands for one label. */
  readonly addresses: Readonly<Record<Family, ReadonlyMap<string, readonly Address[]>>>
  /** By the name of the PTR record. */
  readonly names: ReadonlyMap<string, readonly string[]>
}

/** A table for the zones and with or without PTR records, as the directive says. */
type TableOptions = Pick<Hosts, 'zones' | 'reverse'>

/** Lists of blocked names have some 100,000. */
const maxCharacters = 32 * 1024 * 1024
const maxNames = 1_000_000
/** What is longer is no line that anybody wrote. */
const maxLine = 65_536
/** Of one name, or names of one address: more fit into no answer. */
const maxRecords = 4000

/**
 * Reads a hosts(5) file. What is no entry is passed over, as everywhere else where that file is read. Throws a RangeError
 * when it has more than 32 MiB or 1,000,000 names.
 */
export function parseHosts(text: string, options: TableOptions): HostsTable {
  if (text.length > maxCharacters) throw new RangeError(`it has more than ${maxCharacters} characters`)
  const table = new TableBuilder(options)
  for (const [line] of text.matchAll(/[^\n]+/g)) {
    if (line.length > maxLine) continue
    const [address = '', ...names] = line.replace(/#.*/s, '').trim().split(/\s+/)
    // The zone of an IPv6 address, as in fe80::1%eth0, has no meaning to clients.
    const parsed = parseAddress(address.replace(/%.*/s, ''))
    if (parsed !== undefined) for (const name of names) table.add(parsed, name)
  }
  return table
}

/** The same, but what it would throw comes as a sentence, with an empty table. */
export function readHosts(
  text: string,
  options: TableOptions,
): { readonly table: HostsTable; readonly problem?: string } {
  try {
    return { table: parseHosts(text, options) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { table: parseHosts('', options), problem: error.message }
  }
}

/** Addresses of all names and names of all addresses, as CoreDNS counts them. */
export function entriesOf({ addresses: { IPv4, IPv6 }, names }: HostsTable): number {
  return [IPv4, IPv6, names].reduce(
    (sum, lists) => sum + [...lists.values()].reduce((n, list) => n + list.length, 0),
    0,
  )
}

/** The entries that stand in a directive itself. */
export function inlineHosts({ inline, ...options }: TableOptions & Pick<Hosts, 'inline'>): HostsTable {
  const table = new TableBuilder(options)
  for (const { address, names } of inline) for (const name of names) table.add(address, name)
  return table
}

/** The addresses of a name. A name that stands there itself has none of those of a wildcard in the same family. */
export function addressesOf({ addresses }: HostsTable, name: string, family: Family): readonly Address[] {
  const found = addresses[family]
  return found.get(name) ?? (name === '.' ? undefined : found.get(wildcardOf(name))) ?? []
}

function wildcardOf(name: string): string {
  return `*.${parentName(name).replace(/^\.$/, '')}`
}

class TableBuilder implements HostsTable {
  readonly addresses = { IPv4: new Map<string, Address[]>(), IPv6: new Map<string, Address[]>() }
  readonly names = new Map<string, string[]>()
  readonly #options: TableOptions
  #count = 0

  constructor(options: TableOptions) {
    this.#options = options
  }

  add(address: Address, text: string): void {
    const name = spelledName(text)?.toLowerCase()
    if (name === undefined || zoneOf(name, this.#options.zones) === undefined) return
    if (++this.#count > maxNames) throw new RangeError(`it has more than ${maxNames} names`)
    append(this.addresses[familyOf(address)], name, address)
    if (this.#options.reverse && !name.startsWith('*.')) append(this.names, reverseName(address), name)
  }
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else if (list.length < maxRecords) list.push(item)
}
