/** A connection tried at several addresses fails with one error for all, which says nothing itself. */
export function connectionSentence(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(String).join('; ')
  return error.message === '' ? error.name : error.message
}
