import { pino, stdTimeFunctions, type Logger } from 'pino'

export type Log = Logger

/** One JSON line per event on stderr, so that stdout stays for results. */
export function createLog(): Log {
  return pino(
    { base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    pino.destination({ dest: 2, sync: true }),
  )
}
