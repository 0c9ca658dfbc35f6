import { typeName } from '../config/corefile/code.ts'
import { formatDuration } from '../config/duration.ts'
import type { Errors } from '../config/corefile/plugins/errors.ts'
import type { Block } from './block.ts'
import type { DnsEnvironment } from './environment.ts'
import { after, type Handler } from './handler.ts'
import { LineLimit } from './line-limit.ts'
import type { Request } from './request.ts'

/** A pattern is for texts of this length. */
const maxMatched = 256

/** Lines a second; an upstream server that is gone gives one for each query. */
const maxLines = 100

/** The longest that a timer runs; a period of more is taken for this, 24 days. */
const maxPeriodMs = 2 ** 31 - 1

type Consolidate = Errors['consolidate'][number]

/** Logs why queries failed: `[ERROR] plugin/errors: 2 example.com. A: no plugin answered`. */
export function errorsPlugin([options]: readonly Errors[], next: Handler, { environment, onClose }: Block): Handler {
  if (options === undefined) return next
  const limit = new LineLimit(maxLines, environment)
  const counters = options.consolidate.map((rule) => new ErrorCounter(rule, environment))
  onClose(() => {
    for (const { flush } of [limit, ...counters]) flush()
  })
  return (request) =>
    after(next(request), (reply) => {
      if (reply.kind !== 'rcode' || reply.reason === undefined) return reply
      const text = reply.reason.slice(0, maxMatched)
      const counter = counters.find(({ pattern }) => pattern.test(text))
      const line = lineOf(request, reply.rcode, reply.reason)
      if (counter === undefined) limit.write(`[ERROR] plugin/errors: ${line}`)
      else counter.count(line)
      return reply
    })
}

function lineOf({ name, query }: Request, rcode: number, reason: string): string {
  return `${rcode} ${name} ${typeName(query.type)}: ${reason}`
}

/** Counts errors that are alike, and says once in a period how many there were. */
class ErrorCounter {
  readonly pattern: RegExp
  readonly #rule: Consolidate
  readonly #environment: DnsEnvironment
  #count = 0
  #cancel = (): void => {}

  constructor(rule: Consolidate, environment: DnsEnvironment) {
    this.pattern = new RegExp(rule.pattern.source, 'u')
    this.#rule = rule
    this.#environment = environment
  }

  count(line: string): void {
    const { periodMs, showFirst } = this.#rule
    if (++this.#count > 1) return
    this.#cancel = this.#environment.after(Math.min(periodMs, maxPeriodMs), this.flush)
    if (showFirst) this.#write(line)
  }

  readonly flush = (): void => {
    const { periodMs, showFirst, pattern } = this.#rule
    const count = this.#count
    this.#cancel()
    this.#count = 0
    if (count > (showFirst ? 1 : 0))
      this.#write(`${count} errors like '${pattern.text}' occurred in last ${formatDuration(periodMs)}`)
  }

  /** CoreDNS shows what is for debugging only with its plugin debug. */
  #write(text: string): void {
    const { level } = this.#rule
    if (level !== 'debug') this.#environment.write(`[${level.toUpperCase()}] plugin/errors: ${text}`)
  }
}
