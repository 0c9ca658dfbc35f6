import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { vi } from 'vitest'
import { runCommand } from '../../../src/host/command.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'
import type { Scenario, ScenarioGroup } from './scenarios.ts'

export type Library = 'glibc' | 'musl'

/** What a real client did. */
export interface Seen {
  /** `a.s1. A`, in the order of arrival. */
  readonly queries: readonly string[]
  /** As the program of the library printed it. */
  readonly result: string
}

/** Seconds in which musl gives up; its two rounds must be longer than a busy machine takes for an answer. */
const timeout = 3

/** A network namespace with a name server, a resolv.conf of its own, and clients of both C libraries. */
export class RealClients implements AsyncDisposable {
  readonly #namespace: Namespace
  readonly #folder = mkdtempSync(join(tmpdir(), 'pointsman-test-'))

  private constructor(namespace: Namespace) {
    this.#namespace = namespace
    mkdirSync(this.#etc, { recursive: true })
    // `ip netns exec` lays what is in this folder over /etc.
    writeFileSync(join(this.#etc, 'nsswitch.conf'), 'hosts: dns\n')
  }

  static async create(): Promise<RealClients> {
    const namespace = await createNamespace()
    const clients = new RealClients(namespace)
    try {
      await namespace.run('ip', ['link', 'set', 'lo', 'up'])
      await runCommand('musl-gcc', ['-static', '-o', clients.#musl, join(import.meta.dirname, 'musl.c')])
      return clients
    } catch (error) {
      await clients[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Lets a client look up all names of a group; what it did, by the name of the scenario. */
  async lookUp(library: Library, group: ScenarioGroup): Promise<ReadonlyMap<string, Seen>> {
    const search = group.search.length === 0 ? '' : `search ${group.search.join(' ')}\n`
    const text = `nameserver 127.0.0.1\n${search}options ndots:${group.ndots} timeout:${timeout}\n`
    writeFileSync(join(this.#etc, 'resolv.conf'), text)
    const server = await this.#serve(group.scenarios)
    const names = group.scenarios.map(({ name }) => name)
    const client = library === 'musl' ? [this.#musl] : [process.execPath, join(import.meta.dirname, 'glibc.ts')]
    const [command = '', ...args] = [...client, ...names]
    const lookups = this.#namespace.run(command, args)
    // Every client has waited for its answers, so the server has printed all questions.
    const lines = await lookups.then(server.stop, server.stop)
    const questions = lines.filter((line) => line.startsWith('{')).map(questionOf)
    const printed = await lookups
    const results = new Map(printed.split('\n').map((line) => [line.split(' ')[0], line.split(' ')[1] ?? '']))
    return new Map(
      names.map((name) => {
        const own = questions.filter((question) => /^[^.]*/.exec(question)?.[0] === /^[^.]*/.exec(name)?.[0])
        return [name, { queries: own, result: results.get(name) ?? '' }]
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.#etc, { recursive: true })
    rmSync(this.#folder, { recursive: true })
    await this.#namespace[Symbol.asyncDispose]()
  }

  get #etc(): string {
    return join('/etc/netns', this.#namespace.name)
  }

  get #musl(): string {
    return join(this.#folder, 'musl')
  }

  /** Starts the server; `stop` ends it, and tells what it printed. */
  async #serve(scenarios: readonly Scenario[]): Promise<{ readonly stop: () => Promise<readonly string[]> }> {
    const file = join(import.meta.dirname, 'recording-server.ts')
    const args = ['netns', 'exec', this.#namespace.name, process.execPath, file, JSON.stringify(scenarios)]
    const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    const stop = async (): Promise<readonly string[]> => {
      child.kill()
      await closed
      return lines
    }
    await vi
      .waitUntil(() => lines.includes('ready'), 10_000)
      .catch(async (error: unknown) => {
        await stop()
        throw error
      })
    return { stop }
  }
}

function questionOf(line: string): string {
  const { name, type }: { readonly name: string; readonly type: string } = JSON.parse(line)
  return `${name} ${type}`
}
