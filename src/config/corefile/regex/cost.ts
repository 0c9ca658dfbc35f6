import { charSet, intersects, type CharSet } from './char-set.ts'
import { firstOf, isAnchored, isNullable } from './first.ts'
import { RegexError, type Regex, type Repeat } from './regex.ts'

/** As long as a name can be; how long a match may take is reckoned for a text of this length. */
const textLength = 256

/** Two wildcards that have to be tried against each other, from every start: some tens of milliseconds. */
const maxSteps = 2 ** 25

/**
 * Throws when a text of {@link textLength} characters could keep JavaScript's backtracking matcher busy for long. RE2, for
 * which expressions in Corefiles are written, takes time in proportion to the text, whatever the expression.
 *
 * Wherever the next character alone says how to go on, nothing is ever tried twice. Where it does not, the number of ways
 * multiplies: by the length of the text for each `.*` in a row, and without end in a repetition such as `(a+)+`.
 */
export function checkCost(regex: Regex): void {
  const starts = isAnchored(regex) ? 1 : textLength
  if (costOf(regex, []).steps * starts <= maxSteps) return
  throw new RegexError(
    'it would have to try too many ways to match; write [^.]* for the .* of one label, and begin it with ^ where it can',
  )
}

interface Cost {
  /** In how many ways it can match from one place on. */
  readonly ways: number
  /** How many characters are looked at to try them all. */
  readonly steps: number
}

/** @param next What can stand behind it. */
function costOf(regex: Regex, next: CharSet): Cost {
  switch (regex.kind) {
    case 'set':
    case 'assertion':
      return { ways: 1, steps: 1 }
    case 'group':
      return costOf(regex.body, next)
    case 'sequence':
      return sequenceCost(regex.items, next)
    case 'choice':
      return choiceCost(regex.items, next)
    case 'repeat':
      return repeatCost(regex, next)
  }
}

function sequenceCost(items: readonly Regex[], next: CharSet): Cost {
  let behind = next
  let cost: Cost = { ways: 1, steps: 0 }
  for (const item of items.toReversed()) {
    const own = costOf(item, behind)
    cost = { ways: own.ways * cost.ways, steps: Math.max(own.steps, own.ways * cost.steps) }
    behind = firstOf(item, behind)
  }
  return cost
}

function choiceCost(items: readonly Regex[], next: CharSet): Cost {
  const costs = items.map((item) => costOf(item, next))
  const steps = costs.reduce((sum, cost) => sum + cost.steps, 0)
  const firsts = items.map((item) => firstOf(item, next))
  const decided = firsts.every((set, i) => firsts.slice(i + 1).every((other) => !intersects(set, other)))
  if (decided) return { ways: Math.max(...costs.map(({ ways }) => ways)), steps }
  return { ways: costs.reduce((sum, { ways }) => sum + ways, 0), steps }
}

function repeatCost({ body, min, max }: Repeat, next: CharSet): Cost {
  const again = firstOf(body, [])
  const own = costOf(body, max > 1 ? charSet([...again, ...next]) : next)
  const certain = own.ways === 1 && !isNullable(body)
  if (max === Infinity && !certain) {
    throw new RegexError('a repetition in a repetition can match one text in very many ways; write one of them')
  }
  const rounds = Math.min(max, textLength)
  // What repeats in one way only reads each character of the text once; otherwise each round multiplies the ways, also
  // those in which it fails.
  if (!certain) return { ways: (own.ways + 1) ** rounds, steps: (own.ways + 1) ** rounds * textLength }
  const ends = intersects(again, next) ? Math.min(max - min, textLength) + 1 : 1
  return { ways: ends, steps: Math.min(rounds * own.steps, textLength) }
}
