import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { runCommand } from '../../src/host/command.ts'
import { podCidr } from '../../src/host/lab/addresses.ts'
import { thisNode } from '../packets/places.ts'
import type { LogLine } from '../support/agent.ts'
import type { IpvsLab } from './ipvs-lab.ts'

interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
}

interface UmlAgent {
  /** The next line of its log that matches. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>
  /** The next lines that say of each family that it was programmed, as they come. */
  programmed(): Promise<readonly LogLine[]>
  /** Resolves when it has ended. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Programs of ours on the node of a lab inside a guest, and the objects that they read, which are files of the guest. */
export class UmlAgents implements AsyncDisposable {
  readonly #ipvs: IpvsLab
  readonly #directory = '/run/cluster'
  readonly #running = new Set<UmlAgent>()

  constructor(ipvs: IpvsLab) {
    this.#ipvs = ipvs
  }

  /** Builds the program, which starts in half the time then. */
  async prepare(): Promise<void> {
    await runCommand(process.execPath, ['build.ts', bundle])
  }

  /** Puts these objects in place of those before, in one step. */
  async write(items: readonly unknown[]): Promise<void> {
    const file = `${this.#directory}/cluster.json`
    await this.#ipvs.node('mkdir', ['-p', this.#directory])
    await this.#ipvs.node('tee', [`${file}.new`], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    await this.#ipvs.node('mv', [`${file}.new`, file])
  }

  /** Starts an agent that looks after the kernel every three seconds; unless told otherwise it answers nobody. */
  start(mode: 'iptables' | 'ipvs', args: readonly string[] = ['--no-dns', '--metrics-bind-address', '']): UmlAgent {
    const period = [`--${mode}-sync-period`, '3s', '--mode', mode]
    const child = this.#ipvs.lab.spawn('node', process.execPath, [
      main,
      'run',
      '-v=2',
      ...this.#usual,
      ...period,
      ...args,
    ])
    const exited = once(child, 'exit')
    child.stdout.resume()
    const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]()
    const line: UmlAgent['line'] = async (matches) => {
      const passed: string[] = []
      for (;;) {
        const next = await Promise.race([lines.next(), sleep(patienceMs, undefined, { ref: false })])
        if (next?.done !== false) {
          throw new Error(`${next ? 'The agent ended' : 'The agent says no more'}: ${passed.slice(-20).join('\n')}`)
        }
        passed.push(next.value)
        const said: LogLine = JSON.parse(next.value)
        if (matches(said)) return said
      }
    }
    const agent: UmlAgent = {
      line,
      programmed: async () => [await line(isProgrammed), await line(isProgrammed)],
      end: async (signal) => {
        this.#running.delete(agent)
        child.kill(signal)
        await exited
      },
    }
    this.#running.add(agent)
    return agent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(bundle, { recursive: true, force: true })
  }

  /** Ends all that run still. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#running, (agent) => agent.end('SIGKILL')))
  }

  /** Runs a command of the program to its end. */
  async pointsman(command: 'cleanup' | 'diff' | 'run', args: readonly string[] = []): Promise<Output> {
    const input = command === 'cleanup' ? [] : this.#usual
    const mode = command === 'diff' ? ['--mode', 'ipvs'] : []
    const child = this.#ipvs.lab.spawn('node', process.execPath, [main, command, ...input, ...mode, ...args])
    const exited = once(child, 'exit')
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    const [exitCode]: readonly (number | null)[] = await exited
    return { stdout, stderr, exitCode: exitCode ?? null }
  }

  get #usual(): readonly string[] {
    return ['-f', this.#directory, '--node', thisNode, '--cluster-cidr', `${podCidr.IPv4},${podCidr.IPv6}`]
  }
}

/** Longer than any of its lines takes on a busy machine. */
const patienceMs = 60_000

const bundle = `dist/uml-${process.pid}`
const main = resolve(bundle, 'main.js')

function isProgrammed({ msg }: LogLine): boolean {
  return msg === 'programmed'
}
