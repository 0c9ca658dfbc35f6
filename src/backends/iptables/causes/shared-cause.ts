import { valueCause, type Cause } from './cause.ts'
import { declares, specsOf, type ChainChange, type FamilySides } from './chain-change.ts'
import { mergeFamilies } from './family-causes.ts'
import { foreignCause } from './leftover-cause.ts'
import { withoutHostBits } from './rule-facts.ts'
import { ruleKey } from '../rule-key.ts'
import { ruleOptions, ruleTarget } from '../rule-options.ts'
import type { RuleSide } from './rule-side.ts'
import type { Table } from '../../../xtables/rule.ts'

/** Why lines differ that belong to no Service: our jumps, what all Services share, and chains that none names. */
export function sharedCauses(families: readonly FamilySides[], changes: readonly ChainChange[]): readonly Cause[] {
  const perFamily = families.map((sides) => {
    const here = changes.filter(({ family }) => family === sides.family)
    return {
      family: sides.family,
      causes: [...chainCauses(sides, here), ...here.flatMap((change) => ruleCauses(sides, change))],
    }
  })
  return mergeFamilies(perFamily, families.length > 1)
}

/** Jumps and chains that are missing, or more than there should be. */
function chainCauses({ old, now }: FamilySides, changes: readonly ChainChange[]): readonly Cause[] {
  if (old.isKernel && !old.hasOwnChains) return [{ kind: 'nothing', says: 'nothing of ours is there' }]
  const own = changes.filter(({ table, chain }) => isWhole(now, table, chain))
  const inserted = changes.filter((change) => !own.includes(change))
  const isEmpty = ({ table, chain }: ChainChange) =>
    old.isKernel && old.specs(table, chain)?.length === 0 && now.specs(table, chain) !== undefined
  return [
    has(
      'missing jump',
      inserted.flatMap((change) => jumpTexts(change, change.added)),
    ),
    has(
      'doubled jump',
      inserted.flatMap((change) => jumpTexts(change, change.removed)),
    ),
    has('missing chain', own.filter(({ chain, added }) => declares(chain, added)).map(place)),
    has('empty chain', own.filter(isEmpty).map(place)),
    has('stale chain', own.filter(({ chain, removed }) => declares(chain, removed)).map(place)),
  ].flat()
}

function has(kind: string, values: readonly string[]): readonly Cause[] {
  return values.length === 0 ? [] : [{ kind, has: values }]
}

function jumpTexts({ table, chain }: ChainChange, lines: readonly string[]): readonly string[] {
  const jumps = specsOf(chain, lines).filter(isJump)
  return jumps.map((spec) => `${table} ${chain} to ${ruleTarget(spec)}`)
}

function isJump(spec: string): boolean {
  return ruleTarget(spec).startsWith('KUBE-')
}

/** Whether a chain is ours as a whole: one that only the old side has is, or we would not speak of it. */
function isWhole(now: RuleSide, table: Table, chain: string): boolean {
  return now.chain(table, chain)?.whole ?? true
}

/** Rules in a chain that both sides have, and that nobody flushed; in chains of others those that are no jumps. */
function ruleCauses({ old, now }: FamilySides, change: ChainChange): readonly Cause[] {
  const { table, chain } = change
  const whole = isWhole(now, table, chain)
  const [before = [], after] = [old.specs(table, chain), now.specs(table, chain)]
  const flushed = whole && old.isKernel && before.length === 0
  if (flushed || after === undefined) return []
  const open = whole ? valueCause('addresses with node ports', openAddresses(before), openAddresses(after)) : []
  const isTold = (spec: string) => (whole ? open.length > 0 && leadsToNodePorts(spec) : isJump(spec))
  const removed = specsOf(chain, change.removed).filter((spec) => !isTold(spec))
  const added = specsOf(chain, change.added).filter((spec) => !isTold(spec))
  return [...open, ...differenceCauses(place(change), removed, added, new Set(after.map(ruleKey)))]
}

function differenceCauses(
  where: string,
  removed: readonly string[],
  added: readonly string[],
  wanted: ReadonlySet<string>,
): readonly Cause[] {
  if (removed.length > 0 && added.length > 0) {
    const moved = removed.length === added.length && removed.every((spec) => wanted.has(ruleKey(spec)))
    return [{ kind: 'rules', says: moved ? `rules of ${where} stand in another order` : `rules of ${where} differ` }]
  }
  const doubled = removed.filter((spec) => wanted.has(ruleKey(spec))).length
  const foreign = removed.length - doubled
  return [
    ...(added.length === 0 ? [] : [{ kind: 'missing rule', says: `${rulesAre(added.length)} missing in ${where}` }]),
    ...(doubled === 0 ? [] : [{ kind: 'doubled rule', says: `${rulesAre(doubled)} doubled in ${where}` }]),
    ...(foreign === 0 ? [] : [foreignCause(foreign, where)]),
  ]
}

function rulesAre(count: number): string {
  return count === 1 ? 'a rule is' : `${count} rules are`
}

/** Addresses whose ports may be node ports, sorted. */
function openAddresses(specs: readonly string[]): readonly string[] {
  const addresses = specs.filter(leadsToNodePorts).map((spec) => {
    const options = ruleOptions(spec)
    const { negated = false, value = '' } = options.find(({ name }) => name === '-d') ?? {}
    const network = withoutHostBits(value)
    if (network !== '' && !negated) return network
    return `every address of the node${negated ? ` but ${network}` : ''}`
  })
  return addresses.sort()
}

function leadsToNodePorts(spec: string): boolean {
  return ruleTarget(spec) === 'KUBE-NODEPORTS'
}

function place({ table, chain }: ChainChange): string {
  return `${table} ${chain}`
}
