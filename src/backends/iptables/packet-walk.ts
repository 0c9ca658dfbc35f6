import { parseAddress, type Address } from '../../net/address.ts'
import { cidrContains, parseCidr } from '../../net/cidr.ts'
import type { Protocol } from '../../net/protocol.ts'
import { probability } from './probability.ts'
import { ruleOptions, type RuleOption } from './rule-options.ts'
import type { SavedRules, SavedTable } from './saved-rules.ts'

/** The first packet of a connection, as it reaches the node's hooks. */
export interface Packet {
  readonly source: Address
  readonly destination: Address
  readonly protocol: Protocol
  readonly port: number
  /** The interface it came in by; absent for a packet that the node itself sends. */
  readonly inInterface?: string
}

/** An exact share of all such connections: `{ over: 1n, under: 3n }` is a third. */
interface Share {
  readonly over: bigint
  readonly under: bigint
}

/** One way that such a packet may go. */
export interface Fate {
  readonly share: Share
  /** Where it is sent; absent when no rule translates it. */
  readonly target?: string
  readonly masqueraded: boolean
  readonly verdict: 'pass' | 'reject' | 'drop'
}

/**
 * Every way that a packet may go through the rules, with its share. Affinity is taken to remember nobody. Chains and
 * hooks as in netfilter: nat PREROUTING or OUTPUT, then filter by where the packet goes, then nat POSTROUTING.
 *
 * @param nodeAddresses What `addrtype LOCAL` means.
 */
export function walkPacket(rules: SavedRules, packet: Packet, nodeAddresses: readonly Address[]): readonly Fate[] {
  const isLocal = (address: Address) =>
    nodeAddresses.includes(address) || address.startsWith('127.') || address === '::1'
  const arrives = packet.inInterface !== undefined
  const start: Way = { packet, share: { over: 1n, under: 1n }, marked: false }
  const walk = (table: SavedTable, chain: string, way: Way) => walkChain(table, chain, way, isLocal)
  return walk(rules.nat, arrives ? 'PREROUTING' : 'OUTPUT', start).flatMap((way) => {
    const hook = arrives ? (isLocal(way.packet.destination) ? 'INPUT' : 'FORWARD') : 'OUTPUT'
    return walk(rules.filter, hook, { ...way, end: undefined }).flatMap((filtered): readonly Fate[] => {
      const fate = { share: filtered.share, ...(way.target !== undefined && { target: way.target }) }
      if (filtered.end === 'REJECT') return [{ ...fate, masqueraded: false, verdict: 'reject' }]
      if (filtered.end === 'DROP') return [{ ...fate, masqueraded: false, verdict: 'drop' }]
      return walk(rules.nat, 'POSTROUTING', { ...filtered, end: undefined }).map((last) => ({
        ...fate,
        share: last.share,
        masqueraded: last.end === 'MASQUERADE',
        verdict: 'pass',
      }))
    })
  })
}

/** A packet on its way, and the share of all packets that came this way. */
interface Way {
  readonly packet: Packet
  readonly share: Share
  readonly marked: boolean
  readonly target?: string
  /** The verdict that ended the table; absent while no rule has. */
  readonly end?: string | undefined
}

function walkChain(
  table: SavedTable,
  chain: string,
  entry: Way,
  isLocal: (address: Address) => boolean,
): readonly Way[] {
  const ended: Way[] = []
  let ways: readonly Way[] = [entry]
  const returned: Way[] = []
  for (const spec of table.get(chain) ?? []) {
    const options = ruleOptions(spec)
    const next: Way[] = []
    for (const way of ways) {
      const taken = takenShare(options, way, isLocal)
      if (taken === undefined) {
        next.push(way)
        continue
      }
      if (taken.rest !== undefined) next.push({ ...way, share: taken.rest })
      for (const after of applyTarget(table, options, { ...way, share: taken.share }, isLocal)) {
        if (after.returned) returned.push(after.way)
        else (after.way.end === undefined ? next : ended).push(after.way)
      }
    }
    ways = next
  }
  return [...ended, ...returned, ...ways]
}

/** What a matching rule takes of a way, and what passes on to the next; undefined when it does not match. */
function takenShare(options: readonly RuleOption[], way: Way, isLocal: (address: Address) => boolean) {
  if (!options.every((option) => matches(option, way, isLocal) !== option.negated)) return undefined
  const chance = options.find(({ name }) => name === '--probability')
  if (chance === undefined) return { share: way.share }
  const n = BigInt(Math.round(1 / Number(chance.value)))
  if (Math.abs(Number(probability(Number(n))) - Number(chance.value)) > 1e-9) {
    throw new RangeError(`Cannot walk a rule with --probability ${chance.value}: it is no 1/n`)
  }
  const { over, under } = way.share
  return { share: { over, under: under * n }, rest: { over: over * (n - 1n), under: under * n } }
}

function applyTarget(
  table: SavedTable,
  options: readonly RuleOption[],
  way: Way,
  isLocal: (address: Address) => boolean,
): readonly { readonly way: Way; readonly returned?: boolean }[] {
  const target = options.find(({ name }) => name === '-j')?.value
  switch (target) {
    case undefined:
      return [{ way }]
    case 'RETURN':
      return [{ way, returned: true }]
    case 'MARK':
      // We set the mark or clear it, and have no other.
      return [{ way: { ...way, marked: !clearsMark(options) } }]
    case 'DNAT': {
      const to = options.find(({ name }) => name === '--to-destination')?.value ?? ''
      return [{ way: { ...way, packet: translated(way.packet, to), target: to, end: target } }]
    }
    case 'ACCEPT':
    case 'DROP':
    case 'REJECT':
    case 'MASQUERADE':
      return [{ way: { ...way, end: target } }]
    default:
      return walkChain(table, target, way, isLocal).map((after) => ({ way: after }))
  }
}

function clearsMark(options: readonly RuleOption[]): boolean {
  return options.some(({ name, value }) => name === '--xor-mark' || (name === '--set-xmark' && value.endsWith('/0x0')))
}

function translated(packet: Packet, to: string): Packet {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(to) ?? []
  return { ...packet, destination: bracketed ?? plain ?? '', port: Number(port) }
}

/** Whether an option holds, its negation aside. Options that only carry data, and targets, hold always. */
function matches(
  { name, value }: RuleOption,
  { packet, marked }: Way,
  isLocal: (address: Address) => boolean,
): boolean {
  switch (name) {
    case '-s':
      return inNetwork(packet.source, value)
    case '-d':
      return inNetwork(packet.destination, value)
    case '-p':
      return packet.protocol.toLowerCase() === value
    case '--dport':
      return packet.port === Number(value)
    case '-i':
      return value.endsWith('+')
        ? (packet.inInterface?.startsWith(value.slice(0, -1)) ?? false)
        : packet.inInterface === value
    case '--src-type':
      return isLocal(packet.source)
    case '--dst-type':
      return isLocal(packet.destination)
    case '--mark':
      return marked
    case '--ctstate':
      // The first packet of a connection is new, and after a translation also DNAT.
      return value.split(',').includes('NEW')
    case '--rcheck':
      return false
    default:
      return true
  }
}

function inNetwork(address: Address, text: string): boolean {
  if (!text.includes('/')) return parseAddress(text) === address
  const cidr = parseCidr(text)
  return cidr !== undefined && cidrContains(cidr, address)
}
