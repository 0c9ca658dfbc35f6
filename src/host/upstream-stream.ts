import type { Socket } from 'node:net'
import { frame, FrameReader } from './dns-frame.ts'

/** The server ended the connection before it said anything. When it had been idle, that says nothing about the server. */
export class StreamClosedError extends Error {}

interface Waiting {
  readonly accepts: (reply: Uint8Array) => boolean
  readonly resolve: (reply: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** A TCP or TLS connection that carries one exchange at a time; one that fails ends it. */
export class UpstreamStream {
  /** When it was connected, on the clock of performance.now(). */
  readonly born = performance.now()
  readonly #socket: Socket
  readonly #frames = new FrameReader()
  #waiting: Waiting | undefined
  /** Anything came since the exchange began. */
  #heard = false

  constructor(connected: Socket) {
    this.#socket = connected
    connected.on('data', (chunk: Uint8Array) => this.#read(chunk))
    connected.on('error', (error) => this.#end(error.message))
    // The server may close its half alone, and 'close' would wait for ours.
    for (const event of ['end', 'close']) connected.on(event, () => this.#end('the connection was closed'))
  }

  get closed(): boolean {
    return this.#socket.destroyed
  }

  /** Resolves with the first reply that is accepted; others are passed over until `timeoutMs` have gone by. */
  exchange(query: Uint8Array, timeoutMs: number, accepts: (reply: Uint8Array) => boolean): Promise<Uint8Array> {
    this.#heard = false
    this.#socket.ref()
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    this.#waiting = { accepts, resolve, reject }
    const timer = setTimeout(() => this.#fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    this.#socket.write(frame(query))
    return promise.finally(() => clearTimeout(timer))
  }

  /** From here to the next exchange it does not keep the process alive. */
  rest(): void {
    this.#socket.unref()
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: Uint8Array): void {
    this.#heard = true
    for (const message of this.#frames.read(chunk)) {
      if (!this.#waiting?.accepts(message)) continue
      this.#waiting.resolve(message)
      this.#waiting = undefined
    }
  }

  #end(reason: string): void {
    this.#fail(this.#heard ? new Error(reason) : new StreamClosedError(reason))
  }

  #fail(error: Error): void {
    this.#socket.destroy()
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}
