/** What an error says; also of a thing that is none, which JavaScript lets be thrown as well. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
