import { dirname, isAbsolute, join } from 'node:path'
import { FieldError, type Field } from '../model/field.ts'

/**
 * A named cluster, context or user of a kubeconfig. Its errors name file, entry and field, and never a value: it may be
 * a secret.
 */
export class KubeconfigEntry {
  readonly file: string
  readonly kind: string
  readonly name: string
  readonly #field: Field

  /** @param kind `cluster`, `context` or `user`, which is also the name of the field with its content. */
  constructor(file: string, kind: string, name: string, field: Field) {
    this.file = file
    this.kind = kind
    this.name = name
    this.#field = field
  }

  /** Undefined for an empty one too, as Go reads them. */
  text(name: string): string | undefined {
    return this.read(name, (field) => field.text(), 'a string') || undefined
  }

  /** A path that does not begin at the root begins where the kubeconfig is. */
  path(name: string): string | undefined {
    const path = this.text(name)
    return path === undefined || isAbsolute(path) ? path : join(dirname(this.file), path)
  }

  flag(name: string): boolean {
    return this.read(name, (field) => field.flag(), 'true or false') ?? false
  }

  /** What base64 holds, such as PEM. */
  base64(name: string): string | undefined {
    const text = this.text(name)?.replaceAll(/\s/g, '')
    if (text === undefined) return undefined
    if (!/^[A-Za-z0-9+/]+=*$/.test(text)) throw this.error(name, 'expected base64')
    return Buffer.from(text, 'base64').toString('utf8')
  }

  has(name: string): boolean {
    return this.read(this.kind, (content) => content.get(name).value, 'a mapping') !== undefined
  }

  /** Reads what is below a field. `expected` completes "expected …". */
  read<T>(name: string, read: (field: Field) => T, expected: string): T {
    const content = this.#field.get(this.kind)
    try {
      return read(name === this.kind ? content : content.get(name))
    } catch (error) {
      if (!(error instanceof FieldError)) throw error
      const path = error.path.slice(content.path.length + 1)
      throw this.error(path === '' ? name : path, `expected ${expected}`)
    }
  }

  error(name: string, problem: string): Error {
    return new Error(`${this.whose(name)}: ${problem}`)
  }

  /** What messages call a field of it. */
  whose(name: string): string {
    return `Kubeconfig ${this.file}, ${this.kind} ${JSON.stringify(this.name)}: ${name}`
  }
}
