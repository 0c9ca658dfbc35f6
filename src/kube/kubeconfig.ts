import { LineCounter, parseDocument, type Document } from 'yaml'
import { Field, FieldError } from '../model/field.ts'
import { KubeconfigEntry } from './kubeconfig-entry.ts'

/** What one kubeconfig says, or several put together. */
export interface Kubeconfig {
  /** What messages call it: its path, or several with commas. */
  readonly where: string
  /** Undefined when it names none. */
  readonly currentContext: string | undefined
  readonly contexts: ReadonlyMap<string, KubeconfigEntry>
  readonly clusters: ReadonlyMap<string, KubeconfigEntry>
  readonly users: ReadonlyMap<string, KubeconfigEntry>
}

/** Throws a sentence that names the file; it never has a value of it, for that may be a secret. */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const object = new Field(readYaml(text, file))
  try {
    return {
      where: file,
      currentContext: object.get('current-context').text() || undefined,
      contexts: entries(object, file, 'context'),
      clusters: entries(object, file, 'cluster'),
      users: entries(object, file, 'user'),
    }
  } catch (error) {
    throw error instanceof FieldError ? shapeError(file, error.path) : error
  }
}

/** Of two entries with one name, and of two current contexts, the first counts. Source: kubectl config --help. */
export function mergeKubeconfigs(parts: readonly Kubeconfig[]): Kubeconfig {
  const merged = (kind: 'contexts' | 'clusters' | 'users') =>
    new Map(parts.toReversed().flatMap((part) => [...part[kind]]))
  return {
    where: parts.map(({ where }) => where).join(', '),
    currentContext: parts.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
    contexts: merged('contexts'),
    clusters: merged('clusters'),
    users: merged('users'),
  }
}

function entries(object: Field, file: string, kind: string): ReadonlyMap<string, KubeconfigEntry> {
  const found = new Map<string, KubeconfigEntry>()
  for (const item of object.get(`${kind}s`).items()) {
    const name = item.get('name').text() ?? ''
    if (name === '') throw new Error(`Kubeconfig ${file}: ${item.path}.name: expected a name, got nothing`)
    if (found.has(name))
      throw new Error(`Kubeconfig ${file}: ${item.path}.name: there are two of ${JSON.stringify(name)}`)
    found.set(name, new KubeconfigEntry(file, kind, name, item))
  }
  return found
}

/** The messages of the YAML reader quote the text, so its error code stands for them. */
function readYaml(text: string, file: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, logLevel: 'error' })
  const [problem] = document.errors
  if (problem === undefined) return valueOf(document, file)
  const { line, col } = lines.linePos(problem.pos[0])
  throw new Error(`Kubeconfig ${file}, line ${line}, column ${col}: it is not YAML (${problem.code})`)
}

function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch {
    throw new Error(`Kubeconfig ${file}: it has an alias that leads nowhere, or too many; write the values out`)
  }
}

/** In place of a FieldError, which has the value in it and may not even be the cause. */
function shapeError(file: string, path: string): Error {
  const isName = path === 'current-context' || path.endsWith('.name')
  const expected = isName ? 'a string' : path === '' || path.endsWith(']') ? 'a mapping' : 'a list'
  return new Error(`Kubeconfig ${file}: ${path === '' ? '' : `${path}: `}expected ${expected}`)
}
