import type { Place } from './token.ts'

/** What is wrong, and where. */
export interface Problem {
  readonly place: Place
  readonly message: string
}

/** Everything that is wrong with a Corefile, in its order; the message has a line for each. */
export class CorefileError extends SyntaxError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'CorefileError'
    this.problems = problems
  }
}

/** A file that is no Corefile at all has more problems than anybody reads. */
const maxProblems = 100

/** Many times what anybody serves; a network alone can be 128. */
const maxZones = 100_000

/** Collects problems, so that one does not hide the next. */
export class Problems {
  readonly #file: string
  /** By their text: what stands in a snippet is read each time that it is imported. */
  readonly #problems = new Map<string, Problem>()
  #zones = 0

  /** @param file The Corefile, whose problems stand before those of other files. */
  constructor(file: string) {
    this.#file = file
  }

  /** Whether zones are read no more. */
  get tooManyZones(): boolean {
    return this.#zones > maxZones
  }

  countZones(place: Place, count: number): void {
    this.#zones += count
    if (this.tooManyZones) this.add(place, `with this there are more than ${maxZones} zones`)
  }

  get empty(): boolean {
    return this.#problems.size === 0
  }

  /** Whether more are not taken. */
  get full(): boolean {
    return this.#problems.size >= maxProblems
  }

  add(place: Place, message: string): void {
    if (!this.full) this.#problems.set(formatProblem({ place, message }), { place, message })
  }

  /** File by file, each from its beginning to its end. */
  throwIfAny(): void {
    if (this.empty) return
    const problems = [...this.#problems.values()]
    const files = [...new Set([this.#file, ...problems.map(({ place }) => place.file)])]
    const order = ({ place }: Problem) => [files.indexOf(place.file), place.line, place.column] as const
    throw new CorefileError(problems.sort((a, b) => compare(order(a), order(b))))
  }
}

/** `Corefile:3:5: cache: ...`. */
function formatProblem({ place, message }: Problem): string {
  return `${place.file}:${place.line}:${place.column}: ${message}`
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((number, at) => number !== b[at])
  return (a[i] ?? 0) - (b[i] ?? 0)
}
