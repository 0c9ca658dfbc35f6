import { subjectOf, type ZoneSide } from './zone-side.ts'

/** Names that went, came, and those of which the records changed. */
export interface NameCause {
  readonly kind: 'DNS name'
  readonly removed: readonly string[]
  readonly added: readonly string[]
  readonly changed: readonly string[]
}

/**
 * What happened to the names that these lines are about; nothing without lines. Names of services are given relative to
 * all of them, as `cart.shop`, others without the dot at their end.
 */
export function nameCauses(old: ZoneSide, now: ZoneSide, lines: readonly string[]): readonly NameCause[] {
  if (lines.length === 0) return []
  const names = Map.groupBy(new Set(lines.map(subjectOf)), (name) => fate(old.hasName(name), now.hasName(name)))
  const list = (what: Fate) => (names.get(what) ?? []).map((name) => now.shortName(name))
  return [{ kind: 'DNS name', removed: list('removed'), added: list('added'), changed: list('changed') }]
}

type Fate = 'removed' | 'added' | 'changed'

function fate(hadIt: boolean, hasIt: boolean): Fate {
  if (hadIt === hasIt) return 'changed'
  return hasIt ? 'added' : 'removed'
}
