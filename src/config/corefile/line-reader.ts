import type { Imports } from './imports.ts'
import type { Line } from './line.ts'
import type { Problems } from './problem.ts'
import { isSameLine, quoted, type Token } from './token.ts'

/** Options stand in the braces of a plugin, which stands in those of a server block. */
const maxDepth = 5

/** Reads lines and what stands in braces, with imports put in. What is wrong costs only its own line. */
export class LineReader {
  readonly #tokens: readonly Token[]
  readonly #imports: Imports
  readonly #problems: Problems
  readonly #importDepth: number
  #at = 0

  constructor(tokens: readonly Token[], imports: Imports, problems: Problems, importDepth = 0) {
    this.#tokens = tokens
    this.#imports = imports
    this.#problems = problems
    this.#importDepth = importDepth
  }

  get next(): Token | undefined {
    return this.#tokens[this.#at]
  }

  take(): Token | undefined {
    return this.#tokens[this.#at++]
  }

  /** The words up to the end of the line, or to a brace. */
  takeWords(): readonly Token[] {
    const start = this.#at
    while (this.#isInLine()) this.#at++
    return this.#tokens.slice(start, this.#at)
  }

  /** Lines up to the brace that closes `open`; without one, to the end. */
  lines(open?: Token, depth = 0): readonly Line[] {
    const lines: Line[] = []
    for (;;) {
      const first = this.take()
      if (first === undefined) {
        if (open !== undefined) this.#problems.add(open, 'the { here is never closed')
        return lines
      }
      if (first.text === '}' && open !== undefined) return lines
      if (first.text === '}') this.#problems.add(first, 'the } here closes nothing')
      else if (first.text === '{') this.#strayBrace(first)
      else lines.push(...this.#imported(this.#line(first, depth)))
    }
  }

  /** The words up to the brace that closes `open`, as they are. */
  takeBlock(open: Token): readonly Token[] {
    const start = this.#at
    for (let depth = 1; depth > 0; this.#at++) {
      const token = this.next
      if (token === undefined) {
        this.#problems.add(open, 'the { here is never closed')
        return this.#tokens.slice(start)
      }
      depth += token.text === '{' ? 1 : token.text === '}' ? -1 : 0
    }
    return this.#tokens.slice(start, this.#at - 1)
  }

  /** Whether a brace is closed further on that nothing has opened. */
  get closesMore(): boolean {
    let depth = 0
    return this.#tokens.slice(this.#at).some(({ text }) => {
      depth += text === '{' ? 1 : text === '}' ? -1 : 0
      return depth < 0
    })
  }

  /** Reads what an import line stands for as this reader would read it. */
  readerOf(line: Line): LineReader {
    const depth = this.#importDepth
    return new LineReader(this.#imports.resolve(line, depth), this.#imports, this.#problems, depth + 1)
  }

  #line(name: Token, depth: number): Line {
    const words = this.takeWords()
    const brace = this.next
    if (brace?.text !== '{' || !isSameLine(words.at(-1) ?? name, brace)) return { name, words }
    this.take()
    if (depth < maxDepth) return { name, words, block: this.lines(brace, depth + 1) }
    this.#problems.add(brace, `braces stand more than ${maxDepth} deep inside each other`)
    this.takeBlock(brace)
    return { name, words, block: [] }
  }

  #imported(line: Line): readonly Line[] {
    return line.name.text === 'import' ? this.readerOf(line).lines() : [line]
  }

  #strayBrace(brace: Token): void {
    const before = this.#tokens[this.#at - 2]
    const hint = before === undefined ? '' : `; if it belongs to ${quoted(before)}, write it in the same line`
    this.#problems.add(brace, `a line cannot begin with {${hint}`)
    this.takeBlock(brace)
  }

  #isInLine(): boolean {
    const token = this.next
    const before = this.#tokens[this.#at - 1]
    if (token === undefined || token.text === '{' || token.text === '}') return false
    return before === undefined || isSameLine(before, token)
  }
}
