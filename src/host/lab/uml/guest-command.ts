import { EventEmitter } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import type { RunningCommand } from '../machine.ts'
import type { CommandReply, Request } from './messages.ts'

/** A command that runs inside the guest, as whoever started it on the host has it. Its streams are text in UTF-8. */
export class GuestCommand extends EventEmitter implements RunningCommand {
  readonly id: number
  readonly stdin: Writable
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  /** Why it could not be started. */
  failure: string | undefined
  exitCode: number | null = null
  signalCode: NodeJS.Signals | null = null
  readonly #send: (request: Request) => void

  constructor(id: number, send: (request: Request) => void) {
    super()
    this.id = id
    this.#send = send
    this.stdin = new Writable({
      write: (chunk, _, done) => {
        send({ kind: 'input', id, text: String(chunk) })
        done()
      },
      final: (done) => {
        send({ kind: 'end-input', id })
        done()
      },
    })
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    this.#send({ kind: 'signal', id: this.id, signal })
    return true
  }

  take(reply: CommandReply): void {
    switch (reply.kind) {
      case 'stdout':
      case 'stderr':
        this[reply.kind].write(reply.text)
        break
      case 'failed':
        this.failure = reply.message
        break
      case 'exit':
        this.exitCode = reply.code
        this.signalCode = reply.signal
        this.emit('exit', reply.code, reply.signal)
        break
      case 'close':
        this.stdout.end()
        this.stderr.end()
        this.emit('close')
        break
    }
  }

  /** The guest is no more. */
  lose(): void {
    if (this.exitCode === null && this.signalCode === null) {
      this.take({ kind: 'exit', id: this.id, code: null, signal: 'SIGKILL' })
    }
    this.take({ kind: 'close', id: this.id })
  }
}
