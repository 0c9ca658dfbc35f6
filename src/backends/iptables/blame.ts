import { sharedRules } from './document.ts'
import { ownChains, type ServiceFragment } from './fragment.ts'
import { isSameRule, ruleKey } from './rule-key.ts'
import { textsOf, type RestoreDocument } from '../../xtables/restore-document.ts'
import { appendLine, chainLine, tables, type Rule, type Table } from '../../xtables/rule.ts'
import type { SavedRules } from './saved-rules.ts'

type Fragments = ReadonlyMap<string, ServiceFragment>

/** The services whose rules or chains stand in these lines of a document, numbered from 1. */
export function servicesInLines(
  document: RestoreDocument,
  lines: readonly number[],
  fragments: Fragments,
): ReadonlySet<string> {
  const texts = new Set(linesAt(document, new Set(lines)))
  const here = (rule: Rule) => texts.has(appendLine(rule))
  const services = new Set<string>()
  for (const [key, fragment] of fragments) {
    const found = fragment.ports.some(
      ({ filter, dispatch, chains, own }) =>
        chains.some((chain) => texts.has(chainLine(chain))) ||
        [filter, dispatch, own].some((rules) => rules.some(here)),
    )
    if (found) services.add(key)
  }
  return services
}

/** The lines with these numbers, from 1. */
function linesAt(document: RestoreDocument, numbers: ReadonlySet<number>): readonly string[] {
  const found: string[] = []
  let before = 0
  for (const text of textsOf(document)) {
    const lines = text.split('\n')
    found.push(...lines.filter((_, i) => numbers.has(before + i + 1)))
    before += lines.length - 1
  }
  return found
}

/** The services of which the kernel lacks a rule, or has it otherwise. */
export function servicesToWrite(fragments: Fragments, kernel: SavedRules): readonly string[] {
  const shared = new SharedKeys(kernel)
  return [...fragments]
    .filter(([, fragment]) => {
      const own = [...ownChains(fragment)].every(([chain, rules]) => sameRules(rules, kernel.nat.get(chain)))
      return !own || !tables.every((table) => sharedRules(fragment, table).every((rule) => shared.has(table, rule)))
    })
    .map(([key]) => key)
}

/** The rules of the kernel's chains that services share, to be looked up. */
class SharedKeys {
  readonly #kernel: SavedRules
  readonly #keys = new Map<string, ReadonlySet<string>>()

  constructor(kernel: SavedRules) {
    this.#kernel = kernel
  }

  has(table: Table, { chain, spec }: Rule): boolean {
    const place = `${table} ${chain}`
    const keys = this.#keys.get(place) ?? new Set((this.#kernel[table].get(chain) ?? []).map(ruleKey))
    this.#keys.set(place, keys)
    return keys.has(ruleKey(spec))
  }
}

function sameRules(rules: readonly Rule[], saved: readonly string[] | undefined): boolean {
  return rules.length === saved?.length && rules.every(({ spec }, i) => isSameRule(spec, saved[i] ?? ''))
}
