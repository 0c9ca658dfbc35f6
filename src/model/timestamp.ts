import type { Field } from './field.ts'

const rfc3339 =
  /^(?<day>\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Seconds since 1970 of an RFC 3339 time such as `2026-03-01T12:00:00Z`; the API server writes whole seconds. */
export function timestampOf(field: Field): number | undefined {
  const text = field.text()
  if (text === undefined) return undefined
  const day = rfc3339.exec(text)?.groups?.['day']
  if (day === undefined || !isDay(day)) throw field.error('an RFC 3339 time, such as 2026-03-01T12:00:00Z')
  return Date.parse(text) / 1000
}

/** JavaScript takes February 30 for March 2. */
function isDay(day: string): boolean {
  const time = Date.parse(day)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
}
