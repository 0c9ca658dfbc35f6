import { isDeepStrictEqual } from 'node:util'
import { Field, FieldError } from '../model/field.ts'
import { objectName, parseObject, type ModelObject } from '../model/object.ts'
import type { Resource } from './resource.ts'

/** What a list or an event says about one object. */
export type ObjectChange =
  | { readonly kind: 'put'; readonly object: ModelObject }
  | { readonly kind: 'removed'; readonly object: ModelObject }
  /** The object cannot be read; what it was before, if it was, stays. `message` names object, field and value. */
  | { readonly kind: 'unreadable'; readonly name: string; readonly message: string }

interface Known {
  /** `metadata.resourceVersion`: the same version is the same object. */
  readonly version: unknown
  /** The last list that had it. */
  list: number
  /** Absent when nothing comes from it, or it could never be read. */
  readonly object: ModelObject | undefined
}

/** The objects of one resource as far as they are known, so that a new list yields only what differs. */
export class KnownObjects {
  readonly #resource: Resource
  /** By `namespace/name`. The objects are those that were handed out, not copies. */
  readonly #known = new Map<string, Known>()
  #list = 0

  constructor(resource: Resource) {
    this.#resource = resource
  }

  beginList(): void {
    this.#list++
  }

  /** What the list did not have is gone. */
  endList(): readonly ObjectChange[] {
    const gone = [...this.#known].filter(([, known]) => known.list !== this.#list)
    return gone.flatMap(([key]) => this.#forget(key))
  }

  /** Takes an object as the server has it, from a list or an event. */
  put(raw: Field): readonly ObjectChange[] {
    const key = keyOf(raw)
    if (key === undefined) return [unreadable(this.#resource.kind, 'expected an object with a name')]
    const version = raw.get('metadata').get('resourceVersion').value
    const before = this.#known.get(key)
    if (before !== undefined && version !== undefined && before.version === version) {
      before.list = this.#list
      return []
    }
    const [object, problem] = this.#parse(raw)
    // Heartbeats of nodes, and annotations of services, change nothing of what we keep.
    const same = problem !== undefined || isDeepStrictEqual(before?.object, object)
    this.#known.set(key, { version, list: this.#list, object: same ? before?.object : object })
    if (problem !== undefined) return [unreadable(`${this.#resource.kind} ${key}`, problem)]
    return same ? [] : replaced(before?.object, object)
  }

  remove(raw: Field): readonly ObjectChange[] {
    const key = keyOf(raw)
    return key === undefined ? [] : this.#forget(key)
  }

  #forget(key: string): readonly ObjectChange[] {
    const object = this.#known.get(key)?.object
    this.#known.delete(key)
    return replaced(object, undefined)
  }

  #parse(raw: Field): readonly [ModelObject | undefined, problem?: string] {
    const { apiVersion, kind } = this.#resource
    try {
      return [parseObject(new Field(Object.assign({}, raw.value, { apiVersion, kind })))]
    } catch (error) {
      if (error instanceof FieldError) return [undefined, error.message]
      throw error
    }
  }
}

/** Undefined for what no API server sends: an object without a name. */
function keyOf(raw: Field): string | undefined {
  try {
    const metadata = raw.get('metadata')
    const name = metadata.get('name').text() || undefined
    const namespace = metadata.get('namespace').text() ?? ''
    return namespace === '' || name === undefined ? name : `${namespace}/${name}`
  } catch (error) {
    if (error instanceof FieldError) return undefined
    throw error
  }
}

/** A slice may turn into one of another cluster, or into one that nothing comes from. */
function replaced(before: ModelObject | undefined, object: ModelObject | undefined): readonly ObjectChange[] {
  const gone = before !== undefined && (object === undefined || objectName(before) !== objectName(object))
  return [
    ...(gone ? [{ kind: 'removed', object: before } as const] : []),
    ...(object === undefined ? [] : [{ kind: 'put', object } as const]),
  ]
}

function unreadable(name: string, problem: string): ObjectChange {
  return { kind: 'unreadable', name, message: `${name}: ${problem}` }
}
