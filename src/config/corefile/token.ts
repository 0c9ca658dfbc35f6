/** A place in a source; line and column count from 1, the column in characters. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A word of a Corefile, or one of the braces. */
export interface Token extends Place {
  /** What it says, with the values of environment variables in it. */
  readonly text: string
  /** As it is written: `{$UPSTREAM}`. */
  readonly written: string
  /** A word in quotes may go on over several lines. */
  readonly endLine: number
}

/** Whether a word stands in the same line as the one before it. */
export function isSameLine(before: Token, token: Token): boolean {
  return before.file === token.file && before.endLine === token.line
}

/** How a value is called in a message; long ones are cut: `"10.0.0.300"`, `"" ({$UPSTREAM})`. */
export function quoted(token: Token | undefined): string {
  if (token === undefined) return 'nothing'
  return token.text === token.written ? cut(token.text) : `${cut(token.text)} (${token.written.slice(0, maxShown)})`
}

const maxShown = 80

function cut(text: string): string {
  return JSON.stringify(text.length <= maxShown ? text : `${text.slice(0, maxShown)}...`)
}
