import type { AddressPort } from '../config/address-port.ts'

/** `line`: as it is, on stdout. */
export type LogLevel = 'info' | 'warn' | 'error' | 'line'

/** A line for the agent's log. */
export interface WorkerLine {
  readonly level: LogLevel
  readonly message: string
}

/** What a DNS worker is told when it starts. */
export interface WorkerData {
  readonly maxConnections: number
}

/** To a DNS worker; those with an identifier get a reply. */
export type ToWorker<Setup, Change> =
  | {
      readonly kind: 'update'
      readonly id: number
      readonly setup: Setup
      readonly listen: readonly AddressPort[]
    }
  | { readonly kind: 'change'; readonly id: number; readonly change: Change }
  | { readonly kind: 'collect'; readonly id: number }
  /** Asks for a reply when the sockets that went are closed. */
  | { readonly kind: 'settle'; readonly id: number }
  /** The lines that were sent are in the log. */
  | { readonly kind: 'logged' }
  | { readonly kind: 'stop' }

/** Ports of an update, figures of a collection, nothing of a change. */
export type DoneValue = number[] | WorkerFigures | undefined

/** From a DNS worker. */
export type FromWorker =
  | { readonly kind: 'done'; readonly id: number; readonly value: DoneValue }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
  | { readonly kind: 'lines'; readonly lines: readonly WorkerLine[] }

/** What one worker counts. */
export interface WorkerFigures {
  readonly sockets: {
    /** Queries whose answers are promised. */
    readonly waiting: number
    /** Queries that got no answer because too many waited, since the worker started. */
    readonly dropped: number
    /** TCP connections. */
    readonly connections: number
    /** TCP connections closed for others because there were too many, or held too much, since the worker started. */
    readonly evicted: number
  }
  /** What the answers count themselves. */
  readonly answers: unknown
}
