import { ruleOptions, type RuleOption } from '../rule-options.ts'
import { appendLine, type Table } from '../../../xtables/rule.ts'
import type { SavedRules } from '../saved-rules.ts'

/** A rule taken apart for packets to walk through. */
export interface WalkedRule {
  /** `-A <chain> <specification>`, for messages. */
  readonly text: string
  readonly matches: readonly RuleOption[]
  /** Absent where the rule only counts. */
  readonly target?: string
  /** Those of the target. */
  readonly options: readonly RuleOption[]
}

/** Takes rules apart, a chain at a time and each once: many packets walk through the same ones. */
export class WalkedRules {
  readonly #saved: SavedRules
  readonly #chains = new Map<string, readonly WalkedRule[]>()

  constructor(saved: SavedRules) {
    this.#saved = saved
  }

  has(table: Table, chain: string): boolean {
    return this.#saved[table].has(chain)
  }

  /** Empty for a chain that is not there: the kernel's own are not, as long as nobody has used their table. */
  rulesOf(table: Table, chain: string): readonly WalkedRule[] {
    const key = `${table} ${chain}`
    const rules = this.#chains.get(key) ?? (this.#saved[table].get(chain) ?? []).map((spec) => takeApart(chain, spec))
    this.#chains.set(key, rules)
    return rules
  }
}

function takeApart(chain: string, spec: string): WalkedRule {
  const all = ruleOptions(spec)
  const jump = all.findIndex(({ name }) => name === '-j')
  const text = appendLine({ chain, spec })
  if (jump < 0) return { text, matches: all, options: [] }
  return { text, matches: all.slice(0, jump), target: all[jump]?.value ?? '', options: all.slice(jump + 1) }
}

/** Why packets can go no further than a rule. */
export function cannotWalk({ text }: WalkedRule, reason: string): RangeError {
  return new RangeError(`Cannot walk the rule "${text}": ${reason}`)
}
