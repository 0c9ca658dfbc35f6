import { once } from 'node:events'
import type { Family } from '../../net/family.ts'
import type { Place } from './addresses.ts'
import { labName, removeLeftovers } from './leftovers.ts'
import { hostMachine, type Machine, type RunningCommand } from './machine.ts'
import { listNamespaces, removeNamespaces, runIp } from './namespaces.ts'
import { interfaceLines, linkLines, settingsOf } from './network.ts'
import type { Attempts } from './peer-client.ts'
import {
  clientIn,
  connectAllFrom,
  connectFrom,
  loopFrom,
  serveIn,
  type Client,
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
  /** Where its namespaces are; absent: on the host. */
  readonly machine?: Machine
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Makes a node, pods behind it and a client outside, each in a network namespace, and removes dead labs first. */
export async function createLab(options: LabOptions): Promise<Lab> {
  requireTools([{ command: 'ip', debianPackage: 'iproute2' }])
  await removeLeftovers(options.machine ?? hostMachine, options.prefix)
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
  readonly #machine: Machine
  readonly #children = new Set<RunningCommand>()
  #destroyed: Promise<void> | undefined

  constructor({ prefix, backends, families, destroyOnSignals, machine = hostMachine }: LabOptions) {
    this.#machine = machine
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
    return this.#machine.exec('ip', this.#inside(place, command, args), { input })
  }

  /**
   * Starts a command inside a place that runs until it is killed, at the latest by {@link destroy}.
   * All three streams are pipes; whoever starts it reads what it prints, or it stops when they are full.
   */
  spawn(place: Place, command: string, args: readonly string[]): RunningCommand {
    // `ip netns exec` becomes the command, so a signal to the child reaches it.
    const child = this.#machine.spawn('ip', this.#inside(place, command, args))
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

  /** Starts a client in a place that waits for questions. */
  async client(place: Place): Promise<Client> {
    return clientIn(this, place)
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

  #inside(place: Place, command: string, args: readonly string[]): readonly string[] {
    return ['netns', 'exec', this.namespaceOf(place), command, ...args]
  }

  async #build(): Promise<void> {
    await runIp(
      this.#machine,
      this.places.map((place) => `netns add ${this.namespaceOf(place)}`),
    )
    await Promise.all(this.places.map((place) => this.#applySettings(place)))
    await runIp(
      this.#machine,
      linkLines(this.places, (place) => this.namespaceOf(place)),
    )
    await Promise.all(
      this.places.map((place) =>
        runIp(this.#machine, interfaceLines(place, this.places, this.families), this.namespaceOf(place)),
      ),
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
    await removeNamespaces(this.#machine, await listNamespaces(this.#machine, `${this.name}-`))
    for (const signal of signals) process.off(signal, this.#destroyAndDie)
  }

  readonly #destroyAndDie = (signal: NodeJS.Signals): void => {
    // A second signal, as npx passes on what the terminal has already sent, finds the same removal under way.
    void this.destroy().finally(() => process.kill(process.pid, signal))
  }
}

/** Asks a process to end, and after two seconds makes it. */
async function endProcess(child: RunningCommand): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const deadline = setTimeout(() => child.kill('SIGKILL'), 2000)
  await exited
  clearTimeout(deadline)
}
