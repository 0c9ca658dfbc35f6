import { replaceVariables, type Environment } from './environment.ts'
import type { Problems } from './problem.ts'
import { Scanner } from './scanner.ts'
import type { Token } from './token.ts'

/** A text and where it comes from. */
export interface Source {
  /** As messages call it; a relative import starts from its directory. */
  readonly name: string
  readonly text: string
  /** For a text inside another file: how many lines stand before it, and how many columns before each of its lines. */
  readonly offset?: { readonly lines: number; readonly columns: number }
}

/** As much as a ConfigMap holds. */
const maxLength = 1024 * 1024

/**
 * Splits a Corefile into words. A word ends at a blank, or at the quote that closes it when it begins with one; inside
 * quotes `\"` is a quote and any other backslash is itself. A comment goes from # to the end of the line.
 */
export function tokenize(source: Source, environment: Environment, problems: Problems): readonly Token[] {
  const { name: file, offset = { lines: 0, columns: 0 } } = source
  const text = source.text.replace(/^\uFEFF/, '')
  if (text.length > maxLength) {
    problems.add({ file, line: 1, column: 1 }, `the text has ${text.length} characters, more than ${maxLength}`)
    return []
  }
  const scanner = new Scanner(text, offset)
  const tokens: Token[] = []
  for (;;) {
    skipBlanks(scanner)
    if (scanner.next === '') return tokens
    const place = { file, line: scanner.line, column: scanner.column }
    const written = scanner.next === '"' ? readQuoted(scanner) : readPlain(scanner)
    if (written === undefined) {
      problems.add(place, 'the quote that begins here is never closed')
      return tokens
    }
    if (written.includes('__PILLAR__')) {
      problems.add(place, `${written.slice(0, 60)} has a placeholder that NodeLocal DNSCache fills in; write its value`)
    }
    tokens.push({ ...place, text: replaceVariables(written, environment), written, endLine: scanner.line })
  }
}

function skipBlanks(scanner: Scanner): void {
  scanner.takeWhile(isBlank)
  while (scanner.next === '#') {
    scanner.takeWhile((character) => character !== '\n')
    scanner.takeWhile(isBlank)
  }
}

function readPlain(scanner: Scanner): string {
  // A carriage return is nothing, also inside a word.
  return scanner
    .takeWhile((character) => character !== '#' && (character === '\r' || !isBlank(character)))
    .replaceAll('\r', '')
}

function readQuoted(scanner: Scanner): string | undefined {
  scanner.take()
  let word = ''
  for (;;) {
    word += scanner.takeWhile((character) => character !== '"' && character !== '\\')
    const end = scanner.take()
    if (end === '') return undefined
    if (end === '"') return word
    // Behind a backslash no quote closes the word.
    const escaped = scanner.take()
    word += escaped === '"' ? escaped : `\\${escaped}`
  }
}

function isBlank(character: string): boolean {
  return /[\s\u0085]/.test(character)
}
