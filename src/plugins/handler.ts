import type { Reply } from './reply.ts'
import type { Request } from './request.ts'

/** Answers a query, at once where it can. Rejects only for a defect of ours. */
export type Handler = (request: Request) => Reply | Promise<Reply>

/** What a plugin makes of a value that is there or will come; what is there stays synchronous. */
export function after<T, U>(value: T | Promise<T>, then: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(then) : then(value)
}
