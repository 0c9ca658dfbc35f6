import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { execa } from 'execa'
import type { Family } from '../../net/family.ts'
import type { Place } from './addresses.ts'
import { labName, removeLeftovers } from './leftovers.ts'
import { listNamespaces, removeNamespaces, runIp } from './namespaces.ts'
import { interfaceLines, linkLines, settingsOf } from './network.ts'
import type { Attempts } from './peer-client.ts'
import {
  connectAllFrom,
  connectFrom,
  loopFrom,
  serveIn,
  type Connect,
  type Listen,
  type Loop,
  type Server,
} from './peers.ts'
import type { Summary } from './summary.ts'
import { requireTools } from './tools.ts'

export interface LabOptions {
  /** What the names of its namespaces begin with, e.g. `pointsman-demo`; no lab removes those of another prefix. */
  readonly prefix: string
  /** How many pods there are behind the node: `backend1` to `backend<n>`. */
  readonly backends: number
  readonly families: readonly Family[]
  /** Destroy the lab on SIGINT, SIGTERM and SIGHUP, before the signal takes its usual course. */
  readonly destroyOnSignals: boolean
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Makes a node, pods behind it and a client outside, each in a network namespace, and removes dead labs first. */
export async function createLab(options: LabOptions): Promise<Lab> {
  requireTools([{ command: 'ip', debianPackage: 'iproute2' }])
  await removeLeftovers(options.prefix)
  const lab = new Lab(options)
  try {
    await lab.built
    return lab
  } catch (error) {
    await lab.destroy()
    throw error
  }
}

/** Network namespaces joined by wires: nothing outside them changes but the list of their names. */
export class Lab {
  readonly name: string
  readonly places: readonly Place[]
  readonly families: readonly Family[]
  readonly built: Promise<void>
  readonly #children = new Set<ChildProcess>()
  #destroyed: Promise<void> | undefined

  constructor({ prefix, backends, families, destroyOnSignals }: LabOptions) {
    this.name = labName(prefix)
    const pods = Array.from({ length: backends }, (_, i) => `backend${i + 1}` as const)
    this.places = ['node', 'client', ...pods]
    this.families = families
    if (destroyOnSignals) for (const signal of signals) process.on(signal, this.#destroyAndDie)
    this.built = this.#build()
  }

  /** The name that `ip netns` knows a place by, e.g. `pointsman-demo-4711-9f3a-node`. */
  namespaceOf(place: Place): string {
    return `${this.name}-${place}`
  }

  /** Runs a command inside a place to its end and returns what it printed; rejects when it fails. */
  async exec(place: Place, command: string, args: readonly string[], { input = '' } = {}): Promise<string> {
    const { stdout } = await execa('ip', ['netns', 'exec', this.namespaceOf(place), command, ...args], { input })
    return stdout
  }

  /**
   * Starts a command inside a place that runs until it is killed, at the latest by {@link destroy}.
   * All three streams are pipes; whoever starts it reads what it prints, or it stops when they are full.
   */
  spawn(place: Place, command: string, args: readonly string[]): ChildProcessWithoutNullStreams {
    // `ip netns exec` becomes the command, so a signal to the child reaches it.
    const child = spawn('ip', ['netns', 'exec', this.namespaceOf(place), command, ...args])
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  /** Starts a server in a place that tells every client its name; resolves when it listens. */
  async serve(place: Place, listen: Listen): Promise<Server> {
    return serveIn(this, place, listen)
  }

  /** Makes `count` connections from a place and tells what came of them. */
  async connect(place: Place, connect: Connect & { readonly count: number }): Promise<Summary> {
    return connectFrom(this, place, connect)
  }

  /** Makes many kinds of connections from a place at the same time, and tells what came of each, in the order given. */
  async connectAll(place: Place, batch: readonly Attempts[]): Promise<readonly Summary[]> {
    return connectAllFrom(this, place, batch)
  }

  /** Connects from a place over and over until it is stopped; resolves when the first connections have ended. */
  async loop(place: Place, connect: Connect): Promise<Loop> {
    return loopFrom(this, place, connect)
  }

  /** Ends what runs inside and removes every namespace; again, or of a half-made lab, is fine. */
  async destroy(): Promise<void> {
    this.#destroyed ??= this.#remove()
    return this.#destroyed
  }

  async #build(): Promise<void> {
    await runIp(this.places.map((place) => `netns add ${this.namespaceOf(place)}`))
    await Promise.all(this.places.map((place) => this.#applySettings(place)))
    await runIp(linkLines(this.places, (place) => this.namespaceOf(place)))
    await Promise.all(
      this.places.map((place) => runIp(interfaceLines(place, this.places, this.families), this.namespaceOf(place))),
    )
  }

  async #applySettings(place: Place): Promise<void> {
    for (const { value, paths } of settingsOf(place, this.families)) {
      // Not sysctl, which slim images lack. /proc/sys/net shows the namespace of the process that opens it.
      const files = paths.map((path) => `/proc/sys/${path}`)
      await this.exec(place, 'tee', files, { input: value })
    }
  }

  async #remove(): Promise<void> {
    // A namespace that is still being made would come to life after its removal.
    await this.built.catch(() => undefined)
    await Promise.all([...this.#children].map(endProcess))
    await removeNamespaces(await listNamespaces(`${this.name}-`))
    for (const signal of signals) process.off(signal, this.#destroyAndDie)
  }

  readonly #destroyAndDie = (signal: NodeJS.Signals): void => {
    // A second signal, as npx passes on what the terminal has already sent, finds the same removal under way.
    void this.destroy().finally(() => process.kill(process.pid, signal))
  }
}

/** Asks a process to end, and after two seconds makes it. */
async function endProcess(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const deadline = setTimeout(() => child.kill('SIGKILL'), 2000)
  await exited
  clearTimeout(deadline)
}
