import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { requireTools } from '../tools.ts'

export interface UmlOptions {
  /** What the guest may have, in MiB; the host gives it as the guest uses it. */
  readonly memory: number
  /** Ends it when it has been up for so long. */
  readonly seconds: number
}

/** The program that is the guest's first process: the neighbour of this file or, in the bundle, of the one file that everything became. */
const guestFile = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? 'guest.ts' : 'lab-guest.js')

/**
 * Debian's user-mode-linux as a process: a kernel whose root is the host's file system, read-only. It has one core: with
 * several it is up to ten times slower. It dies with us.
 */
export class UmlKernel {
  /** The guest's serial line. */
  readonly line: Socket
  /** Resolves when it has ended, whatever the cause. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #name = `pointsman-uml-${process.pid}-${randomBytes(2).toString('hex')}`
  readonly #console: () => string

  constructor(memory: number) {
    requireTools(umlTools)
    // Asked to end, the kernel removes all that is of it; asked again meanwhile, it dies and leaves the rest. As we die it would
    // be asked by each of our threads, but unshare has only one.
    const died = ['--pdeathsig', 'KILL', 'unshare', '--fork', '--kill-child=TERM', 'taskset', '--cpu-list', lastCore()]
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const
    // A process group of its own: the processes of the guest are all in it.
    this.#child = spawn('setpriv', [...died, ...kernelArguments(this.#name, memory)], {
      stdio: [...stdio],
      detached: true,
    })
    this.ended = this.#removeAtEnd()
    this.#console = tailOf([this.#child.stdout, this.#child.stderr])
    const [, , , line] = this.#child.stdio
    if (!(line instanceof Socket)) throw new TypeError('The serial line of the guest is no socket')
    this.line = line
  }

  /** Ends it so many seconds from now, unless somebody does before. */
  limit(seconds: number): void {
    const timer = setTimeout(() => void this.end(), seconds * 1000)
    void this.ended.finally(() => clearTimeout(timer))
  }

  /** The last of what the kernel printed on its console. */
  get lastWords(): string {
    return this.#console().trim()
  }

  async end(): Promise<void> {
    this.#kill()
    await this.ended
  }

  async #removeAtEnd(): Promise<void> {
    const closed = once(this.#child, 'close')
    await once(this.#child, 'exit')
    this.#kill()
    // The last of its processes holds them.
    await closed
    rmSync(join(tmpdir(), this.#name), { recursive: true, force: true })
  }

  #kill(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // Nothing of it is left.
    }
  }
}

const umlTools = [
  { command: 'linux.uml', debianPackage: 'user-mode-linux' },
  { command: 'insmod', debianPackage: 'kmod' },
  { command: 'taskset', debianPackage: 'util-linux' },
  { command: 'setpriv', debianPackage: 'util-linux' },
  { command: 'unshare', debianPackage: 'util-linux' },
]

function kernelArguments(name: string, memory: number): readonly string[] {
  // The kernel takes its command line apart at blanks.
  for (const path of [process.execPath, guestFile, tmpdir()]) {
    if (/\s/.test(path)) throw new Error(`Cannot boot a kernel with "${path}": the path must be without blanks`)
  }
  const words = [
    `linux.uml rootfstype=hostfs rootflags=/ ro mem=${memory}M quiet`,
    'con=null con0=null,fd:1 ssl=null ssl0=fd:3',
    `uml_dir=${tmpdir()} umid=${name} init=${process.execPath} -- ${guestFile}`,
  ]
  return words.flatMap((line) => line.split(' '))
}

/** Of those that we may use, e.g. `3` of `0-1,3`. */
function lastCore(): string {
  const [, core = '0'] = /^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return core
}

function tailOf(streams: readonly (Readable | null)[]): () => string {
  let tail = ''
  for (const stream of streams) stream?.on('data', (chunk) => (tail = (tail + String(chunk)).slice(-4000)))
  return () => tail
}
