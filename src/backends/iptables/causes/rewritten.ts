import type { Cause } from './cause.ts'
import { specsOf, type ChainChange } from './chain-change.ts'
import { canonicalOptions, optionsKey } from '../rule-key.ts'
import type { RuleOption } from '../rule-options.ts'

/** The rules that went or came and have no counterpart that says the same but for its comment and probability. */
export function unpairedRules(change: ChainChange): readonly string[] {
  return unpaired(change, (option) => !isShare(option) && !isComment(option))
}

/** Where all rules have a counterpart: in what they differ. */
export function rewrittenCause(changes: readonly ChainChange[]): Cause {
  const same = (tells: (option: RuleOption) => boolean) =>
    changes.every((change) => unpaired(change, tells).length === 0)
  const what = same(() => true)
    ? 'the order'
    : same((option) => !isShare(option))
      ? 'order or probabilities'
      : same((option) => !isComment(option))
        ? 'comments or order'
        : 'comments, order or probabilities'
  return { kind: 'rewritten', says: `only ${what} changed` }
}

/** @param tells Which options count. */
function unpaired({ chain, removed, added }: ChainChange, tells: (option: RuleOption) => boolean): readonly string[] {
  const key = (spec: string) => optionsKey(canonicalOptions(spec).filter(tells))
  const [old, now] = [removed, added].map((lines) => Map.groupBy(specsOf(chain, lines), key))
  if (old === undefined || now === undefined) return []
  const more = (some: typeof old, others: typeof old) =>
    [...some].flatMap(([each, specs]) => specs.slice(others.get(each)?.length ?? 0))
  return [...more(old, now), ...more(now, old)]
}

function isShare({ name, value }: RuleOption): boolean {
  return name === '--mode' || name === '--probability' || (name === '-m' && value === 'statistic')
}

function isComment({ name, value }: RuleOption): boolean {
  return name === '--comment' || (name === '-m' && value === 'comment')
}
