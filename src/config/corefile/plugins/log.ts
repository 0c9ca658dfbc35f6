import { readOptions, wordsOf, type Directive } from '../directive.ts'
import { commonLogFormat, parseLogFormat, type LogPart } from '../log-format.ts'
import { oneOf } from '../value.ts'
import type { Words } from '../words.ts'

/** Logs queries; of several in a block each logs what it is for. */
export interface Log {
  readonly name: 'log'
  /** Names elsewhere are not logged; `.` is all. */
  readonly zones: readonly string[]
  readonly format: readonly LogPart[]
  /** Kinds of answers that are logged. */
  readonly classes: readonly LogClass[]
}

/** `denial` is NXDOMAIN and answers without records, `error` any other code. */
type LogClass = 'all' | 'success' | 'denial' | 'error'

const logClass = oneOf('all', 'success', 'denial', 'error')

/** `log [ZONE... [FORMAT]]`. */
export function readLog(directive: Directive): Log {
  const words = wordsOf(directive)
  const log = readOptions<Log>(
    directive,
    { name: 'log', ...readScope(words), classes: [] },
    {
      class: (option, { classes }) => ({ classes: [...new Set([...classes, ...option.readAll(logClass)])] }),
    },
  )
  return log.classes.length > 0 ? log : { ...log, classes: ['all'] }
}

function readScope(words: Words): Pick<Log, 'zones' | 'format'> {
  const rest = words.takeRest()
  const last = rest.at(-1)
  const hasFormat = last !== undefined && last.text.includes('{')
  const names = hasFormat ? rest.slice(0, -1) : rest
  // CoreDNS would take it for a name, and log nothing.
  if (hasFormat && names.length === 0) words.complain(last, 'in front of a format expected a zone, such as .')
  const zones = names.flatMap((name) => words.zonesOf(name))
  const parsed = hasFormat ? parseLogFormat(last.text) : commonLogFormat
  if (typeof parsed === 'string') words.complain(last, parsed)
  return { zones: names.length === 0 ? ['.'] : zones, format: typeof parsed === 'string' ? [] : parsed }
}
