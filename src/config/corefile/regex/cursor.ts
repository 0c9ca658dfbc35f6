/** A text and how far it has been read. */
export class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get done(): boolean {
    return this.#at >= this.#text.length
  }

  /** The next character; empty at the end. */
  take(): string {
    const point = this.#text.codePointAt(this.#at)
    if (point === undefined) return ''
    const character = String.fromCodePoint(point)
    this.#at += character.length
    return character
  }

  /** Reads on behind `text` if that is what comes next. */
  skip(text: string): boolean {
    const found = this.#text.startsWith(text, this.#at)
    if (found) this.#at += text.length
    return found
  }

  looksAt(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }

  /** Reads on behind what `pattern`, which has the flag y, matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found) this.#at = pattern.lastIndex
    return found ?? undefined
  }

  /** Everything before `end`, which is skipped; up to the end of the text without one. */
  takeUntil(end: string): string {
    const at = this.#text.indexOf(end, this.#at)
    const taken = this.#text.slice(this.#at, at === -1 ? undefined : at)
    this.#at = at === -1 ? this.#text.length : at + end.length
    return taken
  }
}
