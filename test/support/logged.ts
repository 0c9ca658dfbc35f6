import { pino } from 'pino'
import type { Log } from '../../src/host/log.ts'
import type { LogLine } from './agent.ts'

/** A log without times, and what has been written to it. */
export function logged(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const formatters = { level: (level: string) => ({ level }) }
  return {
    log: pino({ base: null, timestamp: false, formatters }, { write: (line: string) => lines.push(JSON.parse(line)) }),
    lines,
  }
}
