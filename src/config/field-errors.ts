import { FieldError, type Field } from '../model/field.ts'

/** Several fields that do not fit, thrown together. */
class FieldErrors extends Error {
  readonly errors: readonly FieldError[]

  constructor(errors: readonly FieldError[]) {
    super(errors.map(({ message }) => message).join('\n'))
    this.errors = errors
  }
}

/** Reads every field, also when one before it does not fit; then throws all errors at once. */
export function readAll<T>(fields: readonly Field[], read: (field: Field) => T): readonly T[] {
  const errors: FieldError[] = []
  const values: T[] = []
  for (const field of fields) {
    try {
      values.push(read(field))
    } catch (error) {
      errors.push(...fieldErrors(error))
    }
  }
  if (errors.length > 0) throw new FieldErrors(errors)
  return values
}

/** What was thrown, one by one; throws what is about no field again. */
export function fieldErrors(error: unknown): readonly FieldError[] {
  if (error instanceof FieldErrors) return error.errors
  if (error instanceof FieldError) return [error]
  throw error
}
