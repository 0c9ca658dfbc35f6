import type { Line } from './line.ts'
import type { Problems } from './problem.ts'
import { parsePattern, type Pattern } from './pattern.ts'
import { RegexError } from './regex/regex.ts'
import { quoted, type Token } from './token.ts'
import type { Value } from './value.ts'
import { parseZoneKey } from './zone.ts'

/** The words of a line behind its name, read one after the other. What cannot be read is a problem, and undefined. */
export class Words {
  readonly #name: Token
  readonly #words: readonly Token[]
  /** How messages begin: `forward max_fails`. */
  readonly #label: string
  readonly #problems: Problems
  #at = 0

  constructor({ name, words }: Pick<Line, 'name' | 'words'>, label: string, problems: Problems) {
    this.#name = name
    this.#words = words
    this.#label = label
    this.#problems = problems
  }

  get next(): Token | undefined {
    return this.#words[this.#at]
  }

  /** How many are left. */
  get left(): number {
    return this.#words.length - this.#at
  }

  take(): Token | undefined {
    const word = this.next
    if (word !== undefined) this.#at++
    return word
  }

  /** All words that are left. */
  takeRest(): readonly Token[] {
    const rest = this.#words.slice(this.#at)
    this.#at = this.#words.length
    return rest
  }

  /** Whether the next word is this one, which is then read. */
  skip(text: string): boolean {
    const found = this.next?.text === text
    if (found) this.#at++
    return found
  }

  /** A word that must be there. */
  read<T>({ expected, parse }: Value<T>): T | undefined {
    const word = this.take()
    const value = word === undefined ? undefined : parse(word.text)
    if (value === undefined) this.complain(word, `expected ${expected}, got ${quoted(word)}`)
    return value
  }

  /** A word that may be missing. */
  readOptional<T>(value: Value<T>): T | undefined {
    return this.next === undefined ? undefined : this.read(value)
  }

  /** All words that are left, at least one. */
  readAll<T>(value: Value<T>): readonly T[] {
    const values: (T | undefined)[] = []
    do values.push(this.read(value))
    while (this.next !== undefined)
    return values.filter((item) => item !== undefined)
  }

  /** All words that are left, as zones. */
  readZones(): readonly string[] {
    return this.takeRest().flatMap((word) => this.zonesOf(word))
  }

  /** The same, but there must be one. */
  readSomeZones(): readonly string[] {
    if (this.next === undefined) this.complain(undefined, 'expected zones, got nothing')
    return this.readZones()
  }

  zonesOf(word: Token): readonly string[] {
    if (this.#problems.tooManyZones) return []
    const key = parseZoneKey(word.text)
    if (typeof key === 'string') {
      this.complain(word, `${key}, got ${quoted(word)}`)
      return []
    }
    this.#problems.countZones(word, key.zones.length)
    return key.zones
  }

  readPattern(): Pattern | undefined {
    const word = this.take()
    if (word === undefined) return this.complain(word, 'expected a regular expression, got nothing')
    try {
      return parsePattern(word.text)
    } catch (error) {
      if (!(error instanceof RegexError)) throw error
      return this.complain(word, `the regular expression ${quoted(word)} cannot be used: ${error.message}`)
    }
  }

  /** All words that are left, at least one. */
  readPatterns(): readonly Pattern[] {
    const patterns: (Pattern | undefined)[] = []
    do patterns.push(this.readPattern())
    while (this.next !== undefined)
    return patterns.filter((pattern) => pattern !== undefined)
  }

  /** Whatever is left is too much. */
  end(): void {
    const [extra] = this.takeRest()
    if (extra !== undefined) this.complain(extra, `expected nothing more, got ${quoted(extra)}`)
  }

  /** @param word Undefined for a word that is missing, and for the line as a whole. */
  complain(word: Token | undefined, problem: string): undefined {
    this.#problems.add(word ?? this.#name, `${this.#label}: ${problem}`)
    return undefined
  }
}
