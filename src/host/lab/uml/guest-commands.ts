import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Reply, Request } from './messages.ts'

/** The commands that run inside the guest, by the numbers that the host gave them. */
export class GuestCommands {
  readonly #reply: (reply: Reply) => void
  readonly #running = new Map<number, ChildProcessWithoutNullStreams>()

  constructor(reply: (reply: Reply) => void) {
    this.#reply = reply
  }

  take(request: Request): void {
    switch (request.kind) {
      case 'start':
        this.#start(request)
        break
      case 'input':
        this.#running.get(request.id)?.stdin.write(request.text)
        break
      case 'end-input':
        this.#running.get(request.id)?.stdin.end()
        break
      case 'signal':
        this.#running.get(request.id)?.kill(request.signal)
        break
      case 'kill':
        killProcess(request.pid)
        break
    }
  }

  #start({ id, command, args }: Extract<Request, { kind: 'start' }>): void {
    const child = spawn(command, args)
    this.#running.set(id, child)
    // Whoever ends without reading its input is no concern of the one who wrote it.
    child.stdin.on('error', () => undefined)
    this.#pass(child.stdout, id, 'stdout')
    this.#pass(child.stderr, id, 'stderr')
    child.once('error', ({ message }) => this.#reply({ kind: 'failed', id, message }))
    child.once('exit', (code, signal) => this.#reply({ kind: 'exit', id, code, signal }))
    child.once('close', () => {
      this.#running.delete(id)
      this.#reply({ kind: 'close', id })
    })
  }

  #pass(stream: Readable, id: number, kind: 'stdout' | 'stderr'): void {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => this.#reply({ kind, id, text }))
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
