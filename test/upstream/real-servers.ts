import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { vi } from 'vitest'
import { createNamespace, type Namespace } from '../support/namespace.ts'
import type { ForwardingServer } from './forwarding-server.ts'

/** A server that runs in the namespace. */
export interface Running extends AsyncDisposable {
  /** The lines it has printed so far, to stdout and stderr. */
  readonly lines: readonly string[]
}

/** A network namespace with a loopback of its own, and the servers that run in it. */
export class ServerNamespace implements AsyncDisposable {
  readonly #namespace: Namespace
  /** Where the servers' files are. */
  readonly folder = mkdtempSync(join(tmpdir(), 'pointsman-test-'))
  readonly #running = new Set<Running>()

  private constructor(namespace: Namespace) {
    this.#namespace = namespace
  }

  static async create(): Promise<ServerNamespace> {
    const made = new ServerNamespace(await createNamespace())
    await made.run('ip', 'link', 'set', 'lo', 'up')
    return made
  }

  get name(): string {
    return this.#namespace.name
  }

  /** Joins two namespaces by a wire, with an address at each end. */
  async link(other: ServerNamespace, here: string, there: string): Promise<void> {
    const ends = ['wire0', 'netns', this.name, 'type', 'veth', 'peer', 'name', 'wire0', 'netns', other.name]
    await this.run('ip', 'link', 'add', ...ends)
    for (const [end, address] of [
      [this, here],
      [other, there],
    ] as const) {
      await end.run('ip', 'address', 'add', address, 'dev', 'wire0')
      await end.run('ip', 'link', 'set', 'wire0', 'up')
    }
  }

  /** What /etc/resolv.conf says to whatever is started afterwards. */
  resolvConf(text: string): void {
    mkdirSync(this.#etc, { recursive: true })
    writeFileSync(join(this.#etc, 'resolv.conf'), text)
  }

  get #etc(): string {
    return join('/etc/netns', this.name)
  }

  run(command: string, ...args: readonly string[]): Promise<string> {
    return this.#namespace.run(command, args)
  }

  /** Lets whatever is sent to this address be lost without a word. */
  async swallow(address: string): Promise<void> {
    await this.run('ip', 'link', 'add', 'nowhere', 'type', 'veth', 'peer', 'name', 'nobody')
    for (const name of ['nowhere', 'nobody']) await this.run('ip', 'link', 'set', name, 'up')
    await this.run('ip', 'address', 'add', '192.0.2.10/24', 'dev', 'nowhere')
    // The other end has another hardware address.
    await this.run('ip', 'neighbour', 'add', address, 'lladdr', '02:00:00:00:00:01', 'dev', 'nowhere')
  }

  /** Knot with this zone, on a port of 127.0.0.1. */
  knot(port: number, zone: string, text: string): Running {
    return this.knotAt(`127.0.0.1@${port}`, [`  - domain: ${zone}`, `    file: ${this.write('zone', text)}`])
  }

  /** Knot on `ADDRESS@PORT`, with these zones as its configuration has them, and with these clauses. */
  knotAt(listen: string, zones: readonly string[], clauses: readonly string[] = []): Running {
    const storage = mkdtempSync(join(this.folder, 'knot-'))
    const config = [
      'server:',
      `    listen: ${listen}`,
      `    rundir: ${storage}`,
      'database:',
      `    storage: ${storage}`,
      'log:',
      '  - target: stderr',
      '    any: info',
      ...clauses,
      'zone:',
      ...zones,
      '',
    ]
    return this.#start('knotd', '-c', this.write(join(basename(storage), 'knot.conf'), config.join('\n')))
  }

  /** Unbound with these lines in its `server:` clause, on a port of 127.0.0.1, and with these clauses. */
  unbound(port: number, lines: readonly string[], clauses: readonly string[] = []): Running {
    const config = [
      'server:',
      '  interface: 127.0.0.1',
      `  port: ${port}`,
      '  username: ""',
      '  chroot: ""',
      '  pidfile: ""',
      '  use-syslog: no',
      '  local-zone: test nodefault',
      '  do-daemonize: no',
      '  module-config: "iterator"',
      '  do-not-query-localhost: no',
      '  rrset-roundrobin: no',
      ...lines.map((line) => `  ${line}`),
      'remote-control:',
      '  control-enable: no',
      ...clauses,
      '',
    ]
    return this.#start('unbound', '-d', '-c', this.write(`unbound-${port}.conf`, config.join('\n')))
  }

  /** Our forwarder; resolves when it listens. */
  async forwarder(config: ForwardingServer): Promise<Running> {
    return this.program(join(import.meta.dirname, 'forwarding-server.ts'), JSON.stringify(config))
  }

  /** A program of ours; resolves when it has printed `ready`. */
  async program(file: string, ...args: readonly string[]): Promise<Running> {
    const running = this.#start(process.execPath, file, ...args)
    await vi.waitUntil(() => running.lines.includes('ready'), 10_000)
    return running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((running) => running[Symbol.asyncDispose]()))
    await this.#namespace[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true })
    rmSync(this.#etc, { recursive: true, force: true })
  }

  /** A file that is gone with the namespace; its path. */
  write(name: string, text: string): string {
    const file = join(this.folder, name)
    writeFileSync(file, text)
    return file
  }

  #start(command: string, ...args: readonly string[]): Running {
    const child = spawn('ip', ['netns', 'exec', this.#namespace.name, command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(child, 'exit')
    const lines: string[] = []
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', (line) => lines.push(line))
    const running = {
      lines,
      [Symbol.asyncDispose]: async () => {
        this.#running.delete(running)
        child.kill('SIGTERM')
        await exited
      },
    }
    this.#running.add(running)
    return running
  }
}
