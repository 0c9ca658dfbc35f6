import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { CommandError, type RunCommand, type RunTool } from '../../command.ts'
import type { Machine, RunningCommand } from '../machine.ts'
import { GuestCommand } from './guest-command.ts'
import { eachLine, formatMessage, type CommandReply, type Reply, type Request } from './messages.ts'
import { PacedLine } from './paced-line.ts'
import { UmlKernel, type UmlOptions } from './uml-kernel.ts'

/**
 * Boots a kernel of its own that has IPVS, ipset and dummy interfaces, whatever the host has: Debian's user-mode-linux. It
 * takes some two seconds, and is to be ended by whoever asked for it. The guest sees the files of the host, and what it
 * writes stays in its memory.
 */
export async function bootUml({ memory = 768, seconds = 600 }: Partial<UmlOptions> = {}): Promise<UmlMachine> {
  const kernel = new UmlKernel(memory)
  const machine = new UmlMachine(kernel)
  const limit = setTimeout(() => void kernel.end(), bootSeconds * 1000)
  try {
    await machine.ready
    kernel.limit(seconds)
    return machine
  } finally {
    clearTimeout(limit)
  }
}

const bootSeconds = 60

/** The commands of the guest, run as if they were the host's. */
export class UmlMachine implements Machine, AsyncDisposable {
  /** Rejects when the kernel ends before it can run commands. */
  readonly ready: Promise<void>
  readonly #kernel: UmlKernel
  readonly #line: PacedLine
  readonly #commands = new Map<number, GuestCommand>()
  #lastId = 0
  #lost = false

  constructor(kernel: UmlKernel) {
    this.#kernel = kernel
    this.#line = new PacedLine(kernel.line)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    kernel.line.on(
      'data',
      eachLine((line) => {
        const reply: Reply = JSON.parse(line)
        if (reply.kind === 'ready') resolve()
        else if (reply.kind === 'read') this.#line.read(reply.bytes)
        else this.#take(reply)
      }),
    )
    // It is told of the end of the guest by the kernel.
    kernel.line.on('error', () => undefined)
    void kernel.ended.then(() => {
      reject(new Error(`user-mode-linux did not boot: ${kernel.lastWords}`))
      this.#lose()
    })
  }

  async exec(command: string, args: readonly string[], options?: { readonly input: string }): Promise<string> {
    return (await this.run(command, args, options?.input)).replace(/\n$/, '')
  }

  readonly run: RunCommand = async (command, args, input) => (await this.runTool(command, args, input)).stdout

  readonly runTool: RunTool = async (command, args, input = '') => {
    const child = this.#start(command, args)
    child.stdin.end(typeof input === 'string' ? input : [...input].join(''))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    if (child.exitCode === 0) return { stdout, stderr }
    const words = [command, ...args].join(' ')
    if (this.#lost) throw new Error(`The guest ended while it ran "${words}": ${this.#kernel.lastWords}`)
    const { exitCode, signalCode, failure } = child
    const how = failure ?? (exitCode === null ? `signal ${signalCode}` : `exit code ${exitCode}`)
    const missing = failure?.endsWith('ENOENT') === true
    throw new CommandError(`"${words}" failed with ${how}: ${stderr.trim().slice(0, 500)}`, missing, {
      stderr,
      exitCode: exitCode ?? undefined,
    })
  }

  spawn(command: string, args: readonly string[]): RunningCommand {
    return this.#start(command, args)
  }

  kill(pid: number): void {
    this.#send({ kind: 'kill', pid })
  }

  /** Ends the guest and all that runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kernel.end()
  }

  #start(command: string, args: readonly string[]): GuestCommand {
    const child = new GuestCommand((this.#lastId += 1), (request) => this.#send(request))
    this.#commands.set(child.id, child)
    child.once('close', () => this.#commands.delete(child.id))
    this.#send({ kind: 'start', id: child.id, command, args })
    if (this.#lost) setImmediate(() => child.lose())
    return child
  }

  #send(request: Request): void {
    if (!this.#lost) this.#line.write(formatMessage(request))
  }

  #take(reply: CommandReply): void {
    this.#commands.get(reply.id)?.take(reply)
  }

  #lose(): void {
    this.#lost = true
    for (const child of this.#commands.values()) child.lose()
  }
}
