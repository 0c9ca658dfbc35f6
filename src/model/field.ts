/** A value that does not fit its field, e.g. `spec.ports[0].port: expected an integer from 1 to 65535, got "http"`. */
export class FieldError extends TypeError {
  /** Where it stands, e.g. `spec.ports[0].port`; empty for the document itself. */
  readonly path: string

  constructor(path: string, problem: string) {
    super(`${path === '' ? 'the document' : path}: ${problem}`)
    this.name = 'FieldError'
    this.path = path
  }
}

/** One value of an API object and the path that leads to it; absent and null values read as undefined, as Go reads them. */
export class Field {
  readonly value: unknown
  readonly path: string

  constructor(value: unknown, path = '') {
    this.value = value ?? undefined
    this.path = path
  }

  get(name: string): Field {
    if (this.value === undefined) return new Field(undefined, this.pathTo(name))
    if (!isMapping(this.value)) throw this.error('a mapping')
    return new Field(Object.hasOwn(this.value, name) ? this.value[name] : undefined, this.pathTo(name))
  }

  /** The names in a mapping, in their order. */
  keys(): readonly string[] {
    if (this.value === undefined) return []
    if (!isMapping(this.value)) throw this.error('a mapping')
    return Object.keys(this.value)
  }

  items(): readonly Field[] {
    if (this.value === undefined) return []
    if (!Array.isArray(this.value)) throw this.error('a list')
    return this.value.map((item, i) => new Field(item, `${this.path}[${i}]`))
  }

  text(): string | undefined {
    if (this.value === undefined || typeof this.value === 'string') return this.value
    throw this.error('a string')
  }

  flag(): boolean | undefined {
    if (this.value === undefined || typeof this.value === 'boolean') return this.value
    throw this.error('true or false')
  }

  integer(min: number, max: number): number | undefined {
    const { value } = this
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
    throw this.error(`an integer from ${min} to ${max}`)
  }

  oneOf<T extends string>(words: readonly T[]): T | undefined {
    const text = this.text()
    if (text === undefined || text === '') return undefined
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) throw this.error(`one of ${words.join(', ')}`)
    return word
  }

  error(expected: string): FieldError {
    return new FieldError(this.path, `expected ${expected}, got ${describe(this.value)}`)
  }

  private pathTo(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}
