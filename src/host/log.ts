import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import { LogRepeats } from './log-repeats.ts'
import { textLine } from './log-text.ts'

export type Log = Logger

export interface LogOptions {
  /** Absent: text on a terminal, else JSON. */
  readonly format?: 'text' | 'json'
  /** As kube-proxy's `-v`: from 2 on each update of the rules has a line too. Absent: 0. */
  readonly verbosity?: number
}

/** How often repeats are told of. */
const repeatsMs = 60_000

/** From this level on repeats are counted: what goes wrong goes wrong often. */
const warning = 40

/**
 * One line per event on stderr, so that stdout stays for results. A warning or error that comes again is counted, and told
 * of once a minute.
 *
 * @param stream Absent: stderr.
 */
export function createLog({ format, verbosity = 0 }: LogOptions = {}, stream?: DestinationStream): Log {
  const isText = (format ?? (process.stderr.isTTY ? 'text' : 'json')) === 'text'
  const out = stream ?? pino.destination({ dest: 2, sync: true })
  const repeats = new LogRepeats()
  let telling = false
  const log = pino(
    {
      base: null,
      level: verbosity >= 2 ? 'debug' : 'info',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        logMethod(args, method, level) {
          if (level < warning || telling || repeats.isFirst(level, args)) method.apply(this, args)
        },
      },
    },
    isText ? { write: (line: string) => out.write(textLine(line, process.pid)) } : out,
  )
  const tell = setInterval(() => {
    telling = true
    for (const { level, fields, message, times } of repeats.take()) {
      const again = { ...fields, times }
      if (level > warning) log.error(again, message)
      else log.warn(again, message)
    }
    telling = false
  }, repeatsMs)
  tell.unref()
  return log
}
