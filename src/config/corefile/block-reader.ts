import { Imports, type Surroundings } from './imports.ts'
import { LineReader } from './line-reader.ts'
import type { Source } from './lexer.ts'
import type { Line } from './line.ts'
import type { Problems } from './problem.ts'
import { quoted, type Token } from './token.ts'

/** A server block as it is written, with imports put in. */
export interface WrittenBlock {
  /** At least one: `.:53`, `10.0.0.0/16`. */
  readonly keys: readonly [Token, ...Token[]]
  readonly lines: readonly Line[]
}

/** Splits a Corefile into its server blocks. */
export function readBlocks(source: Source, surroundings: Surroundings, problems: Problems): readonly WrittenBlock[] {
  const imports = new Imports(surroundings, problems)
  const reader = new LineReader(imports.tokensOf(source), imports, problems)
  const blocks = blocksOf(reader, imports, problems)
  if (blocks.length === 0 && problems.empty)
    problems.add({ file: source.name, line: 1, column: 1 }, 'there is no server block')
  return blocks
}

function blocksOf(reader: LineReader, imports: Imports, problems: Problems): readonly WrittenBlock[] {
  const blocks: WrittenBlock[] = []
  for (let first = reader.take(); first !== undefined; first = reader.take()) {
    if (first.text === '}') {
      problems.add(first, 'the } here closes nothing')
    } else if (first.text === '{') {
      problems.add(first, 'a server block begins with its zones, then {')
      reader.takeBlock(first)
    } else if (first.text === 'import') {
      blocks.push(...blocksOf(reader.readerOf({ name: first, words: reader.takeWords() }), imports, problems))
    } else if (/^\(.*\)$/.test(first.text)) {
      defineSnippet(first, reader, imports, problems)
    } else {
      const keys = readKeys(first, reader, problems)
      const lines = readBody(keys.at(-1) ?? first, reader, problems)
      const [key, ...more] = keys
      if (key === undefined) problems.add(first, 'a server block needs a zone, such as .:53')
      else blocks.push({ keys: [key, ...more], lines })
    }
  }
  return blocks
}

function defineSnippet(name: Token, reader: LineReader, imports: Imports, problems: Problems): void {
  const words = reader.takeWords()
  const brace = reader.next
  if (words[0] !== undefined || brace?.text !== '{') {
    problems.add(words[0] ?? name, `behind the name of a snippet expected {, got ${quoted(words[0] ?? brace)}`)
    if (brace?.text !== '{') return
  }
  reader.take()
  imports.define(name, reader.takeBlock(brace))
}

/** Zones stand in one line; behind a comma they go on in the next. */
function readKeys(first: Token, reader: LineReader, problems: Problems): readonly Token[] {
  const words = [first, ...reader.takeWords()]
  let last = words.at(-1) ?? first
  while (last.text.endsWith(',')) {
    const next = reader.next
    if (next === undefined || next.text === '{' || next.text === '}') {
      problems.add(last, 'behind the comma expected another zone')
      break
    }
    reader.take()
    words.push(next, ...reader.takeWords())
    last = words.at(-1) ?? next
  }
  return words.flatMap(splitAtCommas)
}

function splitAtCommas(word: Token): readonly Token[] {
  let column = word.column
  return word.text.split(',').flatMap((text) => {
    const part = { ...word, text, written: word.text === word.written ? text : word.written, column }
    column += text.length + 1
    return text === '' ? [] : [part]
  })
}

/** One server block alone in a file needs no braces. */
function readBody(lastKey: Token, reader: LineReader, problems: Problems): readonly Line[] {
  if (reader.next?.text === '{') return reader.lines(reader.take())
  if (!reader.closesMore) return reader.lines()
  problems.add(lastKey, `behind the zones expected {, got ${quoted(reader.next)}`)
  return reader.lines(lastKey)
}
