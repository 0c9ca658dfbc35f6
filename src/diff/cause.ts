/** Why lines differ. Each kind of cause has the fields that it needs, and one of them at least. */
export interface Cause {
  /** The word for it, in the singular, for people as for scripts: `endpoint`, `node port`. */
  readonly kind: string
  /** The part of the owner that it holds for, e.g. the port `http` of a Service; absent when it holds for all. */
  readonly port?: string
  /** Where it holds, in case that is not clear. */
  readonly families?: readonly string[]
  /** Values that went, came, or are there on both sides with something else behind them. */
  readonly removed?: readonly string[]
  readonly added?: readonly string[]
  readonly changed?: readonly string[]
  /** The one value that became another. */
  readonly from?: string
  readonly to?: string
  /** Values that there are now. */
  readonly has?: readonly string[]
  /** A statement without values. */
  readonly says?: string
}

/** So many values are named; of the others only how many there are. */
const named = 5

/** A part of a sentence: `endpoints 10.244.1.9:8080, 10.244.2.9:8080 removed, 10.244.3.9:8080 added`. */
export function causeText(cause: Cause): string {
  const where = cause.families === undefined ? '' : ` (${cause.families.join(' and ')})`
  return `${statement(cause)}${where}`
}

function statement({ kind, removed = [], added = [], changed = [], from, to, has, says }: Cause): string {
  if (says !== undefined) return says
  if (has !== undefined) return `${noun(kind, has)} ${list(has)}`
  if (from !== undefined) return `${kind} changed from ${from} to ${to ?? ''}`
  const parts = [
    { values: removed, verb: 'removed' },
    { values: added, verb: 'added' },
    { values: changed, verb: 'changed' },
  ].filter(({ values }) => values.length > 0)
  // Where commas stand between values too, the word is said again.
  const each = parts.some(({ values }) => values.length > 1)
  return parts
    .map(({ values, verb }, i) => `${each || i === 0 ? `${noun(kind, values)} ` : ''}${list(values)} ${verb}`)
    .join(', ')
}

/** `endpoint`; of several `endpoints`, `external addresses`, `endpoints under policy Local`. */
function noun(kind: string, values: readonly string[]): string {
  if (values.length === 1) return kind
  return kind.replace(/s?(?= under )|s?$/, (end) => (end === '' ? 's' : 'ses'))
}

function list(values: readonly string[]): string {
  const rest = values.length - named
  return values.slice(0, named).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
