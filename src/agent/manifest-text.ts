import { LineCounter, parseAllDocuments, type Document } from 'yaml'
import { firstAlias } from '../config/yaml-alias.ts'
import { Field, FieldError } from '../model/field.ts'
import { parseObject, type ModelObject } from '../model/object.ts'

/** An object and where it was read, e.g. `cluster.yaml, document 2`. */
export interface LocatedObject {
  readonly object: ModelObject
  readonly where: string
}

/** Input that could not be used: one sentence, and which object it was about where that could be read. */
export interface ManifestError {
  readonly message: string
  /** `Service shop/cart`; absent when not even the name could be read. */
  readonly object?: string
}

export interface Manifests {
  readonly objects: readonly LocatedObject[]
  readonly errors: readonly ManifestError[]
}

/** Reads YAML or JSON text: several documents, `List` kinds, as kubectl prints them. Bad objects do not stop good ones. */
export function parseManifests(text: string, file: string): Manifests {
  const objects: LocatedObject[] = []
  const errors: ManifestError[] = []
  for (const document of readDocuments(text, file)) {
    if ('message' in document) {
      errors.push(document)
      continue
    }
    for (const { field, where } of listItems(document.value, document.where)) {
      try {
        const object = parseObject(field)
        if (object !== undefined) objects.push({ object, where })
      } catch (error) {
        if (!(error instanceof FieldError)) throw error
        const name = nameOf(field)
        errors.push({
          message: `${[where, name].filter(Boolean).join(', ')}: ${error.message}`,
          ...(name && { object: name }),
        })
      }
    }
  }
  return { objects, errors }
}

const maxFlowYaml = 65_536

type ReadDocument = { readonly value: unknown; readonly where: string } | ManifestError

function readDocuments(text: string, file: string): readonly ReadDocument[] {
  if (/^\s*[{[]/.test(text)) {
    try {
      const value: unknown = JSON.parse(text)
      return [{ value, where: `${file}, document 1` }]
    } catch (error) {
      // Short text may be YAML in flow style, and the YAML reader says where an error is. Long text is broken JSON, which
      // would keep that reader, and everything else in this process, busy for seconds.
      if (text.length > maxFlowYaml) return [{ message: `${file}, document 1: ${String(error)}` }]
    }
  }
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  return [...documents].map((document, i) => readDocument(document, `${file}, document ${i + 1}`, lines))
}

function readDocument(document: Document.Parsed, where: string, lines: LineCounter): ReadDocument {
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    return { message: `${where}, line ${line}, column ${col}: ${error.message.replaceAll(/\s+/g, ' ')}` }
  }
  const alias = firstAlias(document)
  if (alias !== undefined) {
    return { message: `${where}, line ${lines.linePos(alias).line}: aliases are not read; write the value out` }
  }
  return { value: document.toJS(), where }
}

function listItems(value: unknown, where: string): readonly { field: Field; where: string }[] {
  // An empty document, such as a comment between two separators.
  if (value === null || value === undefined) return []
  const field = new Field(value)
  const list = asList(field)
  if (list === undefined) return [{ field, where }]
  return list.map((item, i) => ({ field: new Field(item.value), where: `${where}, item ${i + 1}` }))
}

function asList(field: Field): readonly Field[] | undefined {
  try {
    const kind = field.get('kind').text() ?? ''
    return kind.endsWith('List') ? field.get('items').items() : undefined
  } catch {
    // parseObject says what is wrong with it.
    return undefined
  }
}

const clusterScoped: ReadonlySet<string> = new Set(['Node', 'Namespace', 'ServiceCIDR'])

function nameOf(field: Field): string | undefined {
  try {
    const kind = field.get('kind').text()
    const name = field.get('metadata').get('name').text()
    const namespace = field.get('metadata').get('namespace').text()
    if (kind === undefined || name === undefined) return undefined
    const scoped = clusterScoped.has(kind) ? name : `${namespace ?? 'default'}/${name}`
    return `${kind} ${scoped}`
  } catch {
    return undefined
  }
}
