import { isCollection, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml'
import { firstAlias } from './yaml-alias.ts'

/** A place in a text; both count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** One YAML or JSON document, or what keeps it from being read. */
export interface YamlText {
  readonly value: unknown
  /** Where a field stands, by its path (`iptables.syncPeriod`, `nodePortAddresses[1]`): its name, or the item. */
  readonly placeOf: (path: string) => Place
  readonly problems: readonly { readonly place: Place; readonly message: string }[]
}

/** Reads a text that has one document, beside empty ones. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const options = { lineCounter: lines, uniqueKeys: true, prettyErrors: false, logLevel: 'error' } as const
  const documents = [...parseAllDocuments(text, options)].filter(
    ({ contents, errors }) => !isEmpty(contents) || errors.length > 0,
  )
  const [document, second] = documents
  if (document === undefined) return { value: undefined, placeOf: () => place(0), problems: [] }
  const problems = [...problemsOf(document), ...(second === undefined ? [] : [secondDocument(second)])]
  const places = placesIn(document.contents)
  return {
    value: problems.length > 0 ? undefined : document.toJS(),
    placeOf: (path) => place(places.get(path) ?? document.contents?.range?.[0] ?? 0),
    problems: problems.map(({ offset, message }) => ({ place: place(offset), message })),
  }
}

interface Problem {
  readonly offset: number
  readonly message: string
}

function problemsOf(document: Document.Parsed): readonly Problem[] {
  const broken = document.errors.map(({ pos, message }) => ({
    offset: pos[0],
    message: message.replaceAll(/\s+/g, ' '),
  }))
  const alias = firstAlias(document)
  if (alias === undefined) return broken
  return [...broken, { offset: alias, message: 'aliases are not read; write the value out' }]
}

function secondDocument(document: Document.Parsed): Problem {
  const offset = document.contents?.range?.[0] ?? 0
  return { offset, message: 'a second document begins; expected one' }
}

/** `null` and nothing at all. */
function isEmpty(contents: Node | null): boolean {
  return contents === null || (isScalar(contents) && contents.value === null)
}

/** Offsets by path, in the notation of Field. */
function placesIn(contents: Node | null): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  const enter = (node: unknown, path: string): void => {
    if (isMap<Node, Node | null>(node)) {
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : ''
        const child = path === '' ? name : `${path}.${name}`
        places.set(child, key.range?.[0] ?? 0)
        enter(value, child)
      }
    } else if (isSeq<Node>(node)) {
      node.items.forEach((item, i) => {
        const child = `${path}[${i}]`
        places.set(child, item.range?.[0] ?? 0)
        enter(item, child)
      })
    }
  }
  if (isCollection(contents)) enter(contents, '')
  return places
}
