import { isScalar, parseDocument } from 'yaml'

/** A text that stands in a field of a YAML or JSON document. */
export interface InnerText {
  readonly text: string
  /**
   * How many lines stand before it in the document, and how many columns before each of its lines. Absent where it does
   * not stand there line by line: only a literal block (`Corefile: |`) does.
   */
  readonly offset?: { readonly lines: number; readonly columns: number }
}

/** The text at `path`; undefined when there is none. */
export function innerText(document: string, path: readonly string[]): InnerText | undefined {
  const node = parseDocument(document, { logLevel: 'error' }).getIn(path, true)
  if (!isScalar(node) || typeof node.value !== 'string') return undefined
  if (node.type !== 'BLOCK_LITERAL' || !node.range) return { text: node.value }
  const lines = document.slice(0, node.range[0]).split('\n').length
  return { text: node.value, offset: { lines, columns: indentOf(document.split('\n').slice(lines), node.value) } }
}

/** What stands in front of each line in the document, told from the first that is not empty. */
function indentOf(lines: readonly string[], text: string): number {
  const inner = text.split('\n')
  const at = inner.findIndex((line) => line.trim() !== '')
  return Math.max(0, (lines[at] ?? '').trimEnd().length - (inner[at] ?? '').trimEnd().length)
}
