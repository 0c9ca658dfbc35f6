/** A text, how far it has been read, and where that is. */
export class Scanner {
  readonly #text: string
  readonly #indent: number
  #at = 0
  #line: number
  #column: number

  /** @param offset Lines before the text in its file, and columns before each of its lines. */
  constructor(text: string, offset: { readonly lines: number; readonly columns: number }) {
    this.#text = text
    this.#indent = offset.columns
    this.#line = 1 + offset.lines
    this.#column = 1 + offset.columns
  }

  get line(): number {
    return this.#line
  }

  get column(): number {
    return this.#column
  }

  /** The next character; empty at the end. */
  get next(): string {
    const point = this.#text.codePointAt(this.#at)
    return point === undefined ? '' : String.fromCodePoint(point)
  }

  take(): string {
    const character = this.next
    this.#at += character.length
    if (character === '\n') {
      this.#line++
      this.#column = 1 + this.#indent
    } else {
      this.#column++
    }
    return character
  }

  /** Reads on as long as characters fit, and returns them. */
  takeWhile(fits: (character: string) => boolean): string {
    const start = this.#at
    while (this.#at < this.#text.length && fits(this.next)) this.take()
    return this.#text.slice(start, this.#at)
  }
}
