import type { Log } from '../host/log.ts'
import type { AddressClaims, Conflict } from './address-claims.ts'

/** More than this are counted, not spelled out. */
const maxLines = 20

/** The present conflicts in sentences, for somebody who looks once. */
export function conflictLines(claims: AddressClaims): readonly string[] {
  return bounded(claims.conflicts().map(sentence), 'left out')
}

/** Logs a conflict when it begins and when it ends. */
export class ConflictLog {
  readonly #claims: AddressClaims
  readonly #log: Log
  #known = new Map<string, Conflict>()
  #revision = 0

  constructor(claims: AddressClaims, log: Log) {
    this.#claims = claims
    this.#log = log
  }

  report(): void {
    if (this.#claims.revision === this.#revision) return
    const now = new Map(this.#claims.conflicts().map((conflict) => [identity(conflict), conflict]))
    const begun = [...now.values()].filter((conflict) => !this.#known.has(identity(conflict)))
    const ended = [...this.#known.values()].filter((conflict) => !now.has(identity(conflict)))
    this.#known = now
    this.#revision = this.#claims.revision
    for (const line of bounded(begun.map(sentence), 'left out')) this.#log.warn(line)
    for (const line of bounded(ended.map(endSentence), 'no longer left out')) this.#log.info(line)
  }
}

function identity({ claim, loser, holder }: Conflict): string {
  return `${loser} ${holder} ${claim}`
}

function sentence({ claim, loser, holder, reason }: Conflict): string {
  const what = claim.includes('node port') ? 'node port' : 'address'
  return `Service ${loser} claims ${claim}, which Service ${holder} (${reason}) has; its rules for that ${what} are left out`
}

function endSentence({ claim, loser, holder }: Conflict): string {
  return `Service ${loser} no longer loses ${claim} to Service ${holder}`
}

function bounded(lines: readonly string[], state: string): readonly string[] {
  const more = lines.length - maxLines
  return more > 0 ? [...lines.slice(0, maxLines), `${more} more claims of Services are ${state}`] : lines
}
