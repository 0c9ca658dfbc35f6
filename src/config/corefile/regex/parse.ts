import { readBrackets, readEscape } from './brackets.ts'
import { anyCharacter, complement, withBothCases, type CharSet } from './char-set.ts'
import { Cursor } from './cursor.ts'
import { RegexError, type Assertion, type Regex } from './regex.ts'

interface Flags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
  readonly ungreedy: boolean
}

const noFlags: Flags = { ignoreCase: false, multiline: false, dotAll: false, ungreedy: false }
const flagNames: Readonly<Record<string, keyof Flags>> = {
  i: 'ignoreCase',
  m: 'multiline',
  s: 'dotAll',
  U: 'ungreedy',
}

/** RE2 counts no further. */
const maxCount = 1000
const maxDepth = 50

/** Reads an expression as Go does. Source: https://github.com/google/re2/wiki/Syntax. */
export function parseRegex(text: string): Regex {
  return new RegexParser(text).parse()
}

class RegexParser {
  readonly #cursor: Cursor
  readonly #names = new Set<string>()
  #depth = 0
  #flags = noFlags

  constructor(text: string) {
    this.#cursor = new Cursor(text)
  }

  parse(): Regex {
    const regex = this.#choice()
    if (!this.#cursor.done) throw new RegexError('a ) closes nothing')
    return regex
  }

  #choice(): Regex {
    const first = this.#sequence()
    const items = [first]
    while (this.#cursor.skip('|')) items.push(this.#sequence())
    return items.length === 1 ? first : { kind: 'choice', items }
  }

  #sequence(): Regex {
    const items: Regex[] = []
    while (!this.#cursor.done && !this.#cursor.looksAt('|') && !this.#cursor.looksAt(')')) {
      if (this.#cursor.skip(String.raw`\Q`)) items.push(...this.#quoted())
      else items.push(this.#repeated(this.#atom()))
    }
    return { kind: 'sequence', items }
  }

  /** What stands between `\Q` and `\E`; a repetition behind it is one of its last character. */
  #quoted(): readonly Regex[] {
    const quoted = Array.from(this.#cursor.takeUntil(String.raw`\E`), (character) => this.#literal(character))
    const last = quoted.at(-1)
    return last === undefined ? [] : [...quoted.slice(0, -1), this.#repeated(last)]
  }

  #atom(): Regex {
    const cursor = this.#cursor
    if (cursor.skip('(')) return this.#group()
    if (cursor.skip('[')) return characters(readBrackets(cursor, this.#flags.ignoreCase))
    if (cursor.skip('.')) return characters(this.#flags.dotAll ? anyCharacter : complement([[10, 10]]))
    if (cursor.skip('^')) return assertion(this.#flags.multiline ? 'line start' : 'text start')
    if (cursor.skip('$')) return assertion(this.#flags.multiline ? 'line end' : 'text end')
    if (this.#count() !== undefined) throw new RegexError('a repetition has nothing before it')
    return cursor.skip('\\') ? this.#escaped() : this.#literal(cursor.take())
  }

  #escaped(): Regex {
    const cursor = this.#cursor
    if (cursor.skip('A')) return assertion('text start')
    if (cursor.skip('z')) return assertion('text end')
    if (cursor.skip('b')) return assertion('word boundary')
    if (cursor.skip('B')) return assertion('no word boundary')
    const set = readEscape(cursor)
    return characters(this.#flags.ignoreCase ? withBothCases(set) : set)
  }

  #literal(character: string): Regex {
    const point = character.codePointAt(0) ?? 0
    const set: CharSet = [[point, point]]
    return characters(this.#flags.ignoreCase ? withBothCases(set) : set)
  }

  #group(): Regex {
    // `(?i)` alone counts up to the end of the group around it.
    const [alone, on, off] = this.#cursor.match(/\?([imsU]*)(?:-([imsU]+))?\)/y) ?? []
    if (alone !== undefined) {
      this.#setFlags(on, off)
      return { kind: 'sequence', items: [] }
    }
    if (++this.#depth > maxDepth) throw new RegexError(`groups are nested deeper than ${maxDepth}`)
    const outer = this.#flags
    const name = this.#cursor.skip('?') ? this.#groupName() : ''
    const body = this.#choice()
    if (!this.#cursor.skip(')')) throw new RegexError('a ( is never closed')
    this.#depth--
    this.#flags = outer
    return name === undefined ? body : { kind: 'group', body, name }
  }

  /** Reads what follows `(?`. Undefined for a group that does not capture. */
  #groupName(): string | undefined {
    const [, name] = this.#cursor.match(/P?<(\w+)>/y) ?? []
    if (name !== undefined) {
      if (this.#names.has(name)) throw new RegexError(`two groups are called ${name}`)
      this.#names.add(name)
      return name
    }
    const [around] = this.#cursor.match(/<?[=!]/y) ?? []
    if (around !== undefined) throw new RegexError(`RE2 cannot look ahead or behind with (?${around}`)
    const [all, on, off] = this.#cursor.match(/([imsU]*)(?:-([imsU]+))?:/y) ?? []
    if (all === undefined) throw new RegexError('behind (? it expects a name in <>, flags of i, m, s and U, or :')
    this.#setFlags(on, off)
    return undefined
  }

  #setFlags(on = '', off = ''): void {
    this.#flags = { ...this.#flags, ...flagsOf(on, true), ...flagsOf(off, false) }
  }

  #repeated(body: Regex): Regex {
    const count = this.#count()
    if (count === undefined) return body
    const lazy = this.#cursor.skip('?') !== this.#flags.ungreedy
    if (this.#count() !== undefined) throw new RegexError('a repetition is repeated; put the inner one in (?:)')
    return { kind: 'repeat', body, ...count, lazy }
  }

  #count(): { readonly min: number; readonly max: number } | undefined {
    if (this.#cursor.skip('*')) return { min: 0, max: Infinity }
    if (this.#cursor.skip('+')) return { min: 1, max: Infinity }
    if (this.#cursor.skip('?')) return { min: 0, max: 1 }
    const [all, from, comma, to] = this.#cursor.match(/\{(\d+)(,(\d+)?)?\}/y) ?? []
    // Any other brace stands for itself.
    if (all === undefined) return undefined
    const min = Number(from)
    const max = comma === undefined ? min : Number(to ?? Infinity)
    if (min > max || min > maxCount || (max > maxCount && to !== undefined)) {
      throw new RegexError(`${all} expects counts up to ${maxCount}, the lower one first`)
    }
    return { min, max }
  }
}

function assertion(name: Assertion): Regex {
  return { kind: 'assertion', assertion: name }
}

function flagsOf(letters: string, value: boolean): Partial<Flags> {
  return Object.fromEntries(Array.from(letters, (letter) => [flagNames[letter], value]))
}

function characters(set: CharSet): Regex {
  return { kind: 'set', set }
}
