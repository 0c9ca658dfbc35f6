import type { Log } from '../config/corefile/plugins/log.ts'
import type { Block } from './block.ts'
import type { DnsEnvironment } from './environment.ts'
import { after, type Handler } from './handler.ts'
import { loggedReply, logLine } from './log-line.ts'
import type { Reply } from './reply.ts'
import type { Request } from './request.ts'
import { zoneOf } from './zones.ts'

/** Logs queries with what the client gets, each by the first rule that it is for. */
export function logPlugin(rules: readonly Log[], next: Handler, { environment }: Block): Handler {
  return (request) => {
    const rule = rules.find(({ zones }) => zoneOf(request.name, zones) !== undefined)
    if (rule === undefined) return next(request)
    const start = environment.now()
    return after(next(request), (reply) => {
      write(rule, request, reply, start, environment)
      return reply
    })
  }
}

function write(
  { classes, format }: Log,
  request: Request,
  reply: Reply,
  start: number,
  { now, write: writeLine }: DnsEnvironment,
): void {
  const logged = loggedReply(request, reply)
  if (!classes.includes('all') && !classes.includes(logged.class)) return
  writeLine(`[INFO] ${logLine(format, request, logged, now() - start)}`)
}
