import type { Token } from './token.ts'

/** Words that stand in one line, and the lines in braces behind them; absent without braces. */
export interface Line {
  /** The name of a plugin or of an option. */
  readonly name: Token
  readonly words: readonly Token[]
  readonly block?: readonly Line[]
}

/** The first line of a block that begins with this word. */
export function lineOf(line: Line, name: string): Line | undefined {
  return line.block?.find((option) => option.name.text === name)
}
