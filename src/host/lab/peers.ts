import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Place } from './addresses.ts'
import type { RunningCommand } from './machine.ts'
import type { Attempts, Pace, Target } from './peer-client.ts'
import type { Summary } from './summary.ts'

/** How to run a command in a place: to its end, or until it is stopped. */
interface Runner {
  exec(place: Place, command: string, args: readonly string[], options?: { readonly input: string }): Promise<string>
  spawn(place: Place, command: string, args: readonly string[]): RunningCommand
}

export interface Listen {
  /** What it calls itself in its replies. */
  readonly name: string
  /** Where it listens, and what its datagrams come from; absent: everywhere, and whatever the kernel takes. */
  readonly hosts?: readonly string[]
  readonly tcp?: readonly number[]
  readonly udp?: readonly number[]
}

export type Connect = Target & Partial<Pace>

export interface Server {
  /** Resolves when it listens no more. */
  stop(): Promise<void>
}

/** A process that stays, for many questions: to start one takes longer than most connections. */
export interface Client {
  /** Makes many kinds of connections at the same time, and tells what came of each, in the order given. */
  connectAll(batch: readonly Attempts[]): Promise<readonly Summary[]>
  /** Resolves when it has ended. */
  stop(): Promise<void>
}

export interface Loop {
  /** Lets the attempts under way end, and tells what came of all. */
  stop(): Promise<Summary>
}

// From source it is the neighbour of this file; in the bundle, of the one file that everything became.
const peerFile = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? 'peer.ts' : 'lab-peer.js')

/** Starts a server in `place` that tells every client its name; resolves when it listens. */
export async function serveIn(
  lab: Runner,
  place: Place,
  { name, hosts = [], tcp = [], udp = [] }: Listen,
): Promise<Server> {
  const ports = [
    ...hosts.map((host) => `--host=${host}`),
    ...tcp.map((port) => `--tcp=${port}`),
    ...udp.map((port) => `--udp=${port}`),
  ]
  const peer = await startPeer(lab, place, ['serve', name, ...ports])
  return { stop: async () => peer.end() }
}

/** Makes `count` connections from `place` and tells what came of them. */
export async function connectFrom(lab: Runner, place: Place, connect: Connect & { count: number }): Promise<Summary> {
  const args = ['connect', ...targetArguments(connect), String(connect.count), ...paceArguments(connect)]
  return parseSummary(await lab.exec(place, process.execPath, [peerFile, ...args]))
}

/** Makes many kinds of connections from `place` at the same time, and tells what came of each, in the order given. */
export async function connectAllFrom(
  lab: Runner,
  place: Place,
  batch: readonly Attempts[],
): Promise<readonly Summary[]> {
  const printed = await lab.exec(place, process.execPath, [peerFile, 'batch'], { input: JSON.stringify(batch) })
  const summaries: readonly Summary[] = JSON.parse(printed)
  return summaries
}

/** Starts a client in `place` that waits for questions; one at a time. */
export async function clientIn(lab: Runner, place: Place): Promise<Client> {
  const peer = await startPeer(lab, place, ['client'])
  return {
    stop: async () => peer.end(),
    async connectAll(batch) {
      peer.say(JSON.stringify(batch))
      const summaries: readonly Summary[] = JSON.parse(await peer.nextLine())
      return summaries
    },
  }
}

/** Connects from `place` over and over until it is stopped; resolves when the first connections have ended. */
export async function loopFrom(lab: Runner, place: Place, connect: Connect): Promise<Loop> {
  const peer = await startPeer(lab, place, ['loop', ...targetArguments(connect), ...paceArguments(connect)])
  return {
    stop: async () => {
      await peer.end()
      return parseSummary(await peer.nextLine())
    },
  }
}

interface PeerProcess {
  /** Closes its standard input, which it takes as the sign to end, and waits until it has. */
  end(): Promise<void>
  nextLine(): Promise<string>
  say(line: string): void
}

/** Starts a peer and waits until it says `ready`. */
async function startPeer(lab: Runner, place: Place, args: readonly string[]): Promise<PeerProcess> {
  const child = lab.spawn(place, process.execPath, [peerFile, ...args])
  const exited = once(child, 'exit')
  const complaint = text(child.stderr)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<string> => {
    const line = await lines.next()
    if (line.done === true) throw new Error(`Cannot ${args.join(' ')} in ${place}: ${await complaint}`)
    return line.value
  }
  await nextLine()
  const end = async (): Promise<void> => {
    child.stdin.end()
    await exited
  }
  return { end, nextLine, say: (said) => child.stdin.write(`${said}\n`) }
}

function parseSummary(line: string): Summary {
  const summary: Summary = JSON.parse(line)
  return summary
}

function targetArguments({ protocol, address, port }: Target): readonly string[] {
  return [protocol, address, String(port)]
}

function paceArguments({ concurrency, timeout, pause, source }: Connect): readonly string[] {
  return Object.entries({ concurrency, timeout, pause, source }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  )
}
