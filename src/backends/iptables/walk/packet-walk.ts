import { familyOf, type Address } from '../../../net/address.ts'
import { isOwnAddress, type Fate, type Packet } from '../../../plan/packet.ts'
import { whole } from '../../../plan/share.ts'
import type { Way } from './packet-way.ts'
import { takenShare } from './rule-match.ts'
import { applyTarget } from './rule-target.ts'
import type { Table } from '../../../xtables/rule.ts'
import type { SavedRules } from '../saved-rules.ts'
import { cannotWalk, WalkedRules, type WalkedRule } from './walked-rule.ts'

/** A chain of the kernel, where packets enter a table. */
interface Hook {
  readonly table: Table
  readonly chain: string
}

const maxWays = 100_000

/** Walks one packet, as {@link PacketWalk} does many. */
export function walkPacket(rules: SavedRules, packet: Packet, nodeAddresses: readonly Address[]): readonly Fate[] {
  return new PacketWalk(rules, nodeAddresses).fatesOf(packet)
}

/**
 * Walks packets through rules as netfilter does, and tells every way that one may go, with its share. Affinity is taken
 * to remember nobody. Throws a RangeError that names the rule where it could go no further: one that depends on what is
 * not known here, that leads back to its own chain, or that comes to more than 100,000 ways.
 */
export class PacketWalk {
  readonly #rules: WalkedRules
  readonly #nodeAddresses: readonly Address[]

  /** @param nodeAddresses Every address of the node's interfaces: what addrtype calls LOCAL. */
  constructor(rules: SavedRules, nodeAddresses: readonly Address[]) {
    this.#rules = new WalkedRules(rules)
    this.#nodeAddresses = nodeAddresses
  }

  fatesOf(packet: Packet): readonly Fate[] {
    const start: Way = { packet, share: whole, mark: 0, masqueraded: false }
    const first = packet.inInterface === undefined ? 'OUTPUT' : 'PREROUTING'
    const ways = this.#walkHook({ table: 'nat', chain: first }, start)
    return ways.flatMap((way) => this.#walkOn(way)).map(fateOf)
  }

  /** What comes after the translation of the destination, which decides where the packet goes. */
  #walkOn(way: Way): readonly Way[] {
    let ways = [way]
    for (const hook of hooksAfterRouting(way.packet, this.#isOwn(way.packet.destination))) {
      ways = ways.flatMap((at) => (isStopped(at) ? [at] : this.#walkHook(hook, at)))
    }
    return ways
  }

  #walkHook({ table, chain }: Hook, way: Way): readonly Way[] {
    const comesBack = chain === 'INPUT' && way.packet.inInterface === undefined
    const packet = comesBack ? { ...way.packet, inInterface: 'lo' } : way.packet
    return this.#walkChain(table, [chain], { ...way, packet, end: undefined })
  }

  /** @param path The chains that lead to each other, the last of them to be walked. */
  #walkChain(table: Table, path: readonly string[], entry: Way): readonly Way[] {
    const out: Way[] = []
    let ways: readonly Way[] = [entry]
    for (const rule of this.#rules.rulesOf(table, path.at(-1) ?? '')) {
      const next: Way[] = []
      for (const way of ways) {
        const taken = takenShare(rule, way, this.#isOwn)
        if (taken === undefined) {
          next.push(way)
          continue
        }
        if (taken.rest !== undefined) next.push({ ...way, share: taken.rest })
        const after = this.#follow(table, path, rule, { ...way, share: taken.share })
        for (const at of after) (at.end === undefined && rule.target !== 'RETURN' ? next : out).push(at)
        if (next.length + out.length > maxWays) throw cannotWalk(rule, `it comes to more than ${maxWays} ways`)
      }
      ways = next
    }
    return [...out, ...ways]
  }

  #follow(table: Table, path: readonly string[], rule: WalkedRule, way: Way): readonly Way[] {
    const { target, options } = rule
    // A rule without a target only counts.
    if (target === undefined || target === 'RETURN') return [way]
    if (path.includes(target)) throw cannotWalk(rule, `it leads back to ${target}`)
    if (options.length === 0 && this.#rules.has(table, target)) return this.#walkChain(table, [...path, target], way)
    const after = applyTarget(target, options, way, this.#ownAddress(way.packet))
    if (after === undefined) throw cannotWalk(rule, 'its target is not known here')
    return [after]
  }

  readonly #isOwn = (address: Address): boolean => isOwnAddress(this.#nodeAddresses, address)

  #ownAddress({ source }: Packet): Address | undefined {
    return this.#nodeAddresses.find((address) => familyOf(address) === familyOf(source))
  }
}

const into: Hook = { table: 'filter', chain: 'INPUT' }
const through: Hook = { table: 'filter', chain: 'FORWARD' }
const outOf: Hook = { table: 'filter', chain: 'OUTPUT' }
const leaving: Hook = { table: 'nat', chain: 'POSTROUTING' }

function hooksAfterRouting({ inInterface }: Packet, toNode: boolean): readonly Hook[] {
  if (inInterface !== undefined) return toNode ? [into, { table: 'nat', chain: 'INPUT' }] : [through, leaving]
  // What the node sends to itself leaves by the loopback interface and comes in again: new still, but translated already.
  return toNode ? [outOf, leaving, into] : [outOf, leaving]
}

function isStopped({ end }: Way): boolean {
  return end === 'REJECT' || end === 'DROP'
}

function fateOf({ share, target, masqueraded, end }: Way): Fate {
  const fate = { share, ...(target !== undefined && { target }) }
  if (end === 'REJECT') return { ...fate, masqueraded: false, verdict: 'reject' }
  if (end === 'DROP') return { ...fate, masqueraded: false, verdict: 'drop' }
  return { ...fate, masqueraded, verdict: 'pass' }
}
