import { Worker } from 'node:worker_threads'
import type { AddressPort } from '../config/address-port.ts'
import type { DoneValue, FromWorker, ToWorker, WorkerData, WorkerFigures, WorkerLine } from './dns-worker-messages.ts'

/** What a request waits for. */
interface Pending {
  readonly resolve: (value: DoneValue) => void
  readonly reject: (error: Error) => void
}

/** How long a worker may take to answer what has come before it ends. */
const stoppingMs = 10_000

/** The main thread's end of one DNS worker. */
export class WorkerLink<Setup, Change> {
  /** Resolves with the reason once the worker has ended. */
  readonly ended: Promise<string>
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #alive = true

  constructor(entry: URL, name: string, workerData: WorkerData, log: (line: WorkerLine) => void) {
    this.#worker = new Worker(entry, { name, workerData })
    this.#worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'done':
          this.#take(message.id)?.resolve(message.value)
          break
        case 'failed':
          this.#take(message.id)?.reject(new Error(message.reason))
          break
        case 'lines':
          for (const line of message.lines) log(line)
          this.#send({ kind: 'logged' })
          break
      }
    })
    this.ended = this.#untilEnd()
  }

  /** Exchanges what the worker answers and where; resolves with the ports. */
  async update(setup: Setup, listen: readonly AddressPort[]): Promise<readonly number[]> {
    const ports = await this.#request((id) => ({ kind: 'update', id, setup, listen }))
    return Array.isArray(ports) ? ports : []
  }

  /** Resolves when the worker goes by it. */
  async change(change: Change): Promise<void> {
    await this.#request((id) => ({ kind: 'change', id, change }))
  }

  /** Resolves when the sockets that went with an update are closed. */
  async settled(): Promise<void> {
    await this.#request((id) => ({ kind: 'settle', id }))
  }

  async collect(): Promise<WorkerFigures | undefined> {
    const figures = await this.#request((id) => ({ kind: 'collect', id }))
    return figures === undefined || Array.isArray(figures) ? undefined : figures
  }

  /** Lets the worker answer what has come, and ends it. */
  async stop(): Promise<void> {
    this.#send({ kind: 'stop' })
    const patience = setTimeout(() => void this.#worker.terminate(), stoppingMs)
    await this.ended
    clearTimeout(patience)
  }

  /** Ends the worker at once. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #untilEnd(): Promise<string> {
    let reason: string | undefined
    this.#worker.on('error', (error) => {
      reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    })
    return new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#alive = false
        reason ??= `it exited with code ${code}`
        for (const { reject } of this.#pending.values()) reject(new Error(`The DNS worker ended: ${reason}`))
        this.#pending.clear()
        resolve(reason)
      })
    })
  }

  #request(message: (id: number) => ToWorker<Setup, Change>): Promise<DoneValue> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      if (!this.#alive) throw new Error('The DNS worker has ended')
      this.#send(message(id))
      this.#pending.set(id, { resolve, reject })
    })
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #send(message: ToWorker<Setup, Change>): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows; this is a thread
    this.#worker.postMessage(message)
  }
}
