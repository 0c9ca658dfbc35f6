import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ipvsDocuments, type RuleDocument } from '../../src/agent/documents.ts'
import { podCidr, type Place } from '../../src/host/lab/addresses.ts'
import type { Lab } from '../../src/host/lab/lab.ts'
import type { RunningCommand } from '../../src/host/lab/machine.ts'
import type { Client } from '../../src/host/lab/peers.ts'
import type { Summary } from '../../src/host/lab/summary.ts'
import { bootUml, type UmlMachine } from '../../src/host/lab/uml/uml-machine.ts'
import type { IpvsScheduler } from '../../src/model/ipvs-scheduler.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { families } from '../../src/net/family.ts'
import { createPacketLab } from '../kernel/packet-lab.ts'
import { thisNode } from '../packets/places.ts'
import { objectsOf, type TableService } from '../packets/service-objects.ts'
import { nodeObject } from '../packets/settings.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { loadIpvs, unloadIpvs } from './ipvs-node.ts'
import { requireUmlTools } from './requirements.ts'

/** Where to connect to, and how; absent: TCP, from the address that the kernel chooses. */
interface Door {
  readonly address: string
  readonly port: number
  readonly protocol?: 'tcp' | 'udp'
  readonly source?: string
}

/** A socket that stays. */
export interface Talk {
  /** Who answers it now: a name, `lost`, or the code of an error. */
  ask(): Promise<string>
  /** Ends the connection at once, without the handshake that leaves it to be remembered for minutes. */
  reset(): Promise<void>
}

/** The lab of the packet table in a kernel of its own, whose node has what `render --mode ipvs` prints. */
export class IpvsLab implements AsyncDisposable {
  readonly machine: UmlMachine
  readonly lab: Lab
  readonly #clients = new Map<Place, Promise<Client>>()

  constructor(machine: UmlMachine, lab: Lab) {
    this.machine = machine
    this.lab = lab
  }

  /** Makes the node serve these, and no others. */
  async load(services: readonly TableService[]): Promise<void> {
    await this.loadObjects([nodeObject({}), ...services.flatMap(objectsOf)])
  }

  /** Makes the node serve what these objects of the API are. */
  async loadObjects(objects: readonly unknown[]): Promise<void> {
    await this.unload()
    await loadIpvs(this.lab, renderObjects(objects, 'rr'))
  }

  /** Leaves nothing of the kind on the node. */
  async unload(): Promise<void> {
    await unloadIpvs(this.lab)
  }

  /** Runs a tool on the node. */
  async node(command: string, args: readonly string[], input = ''): Promise<string> {
    return this.lab.exec('node', command, args, { input })
  }

  /** What becomes of so many connections, one after the other: `here sees 10.244.1.15`, `refused`, `unanswered`. */
  async turns(from: Place, door: Door, times: number): Promise<readonly string[]> {
    const client = await this.#client(from)
    const outcomes: string[] = []
    while (outcomes.length < times) {
      const attempts = { protocol: 'tcp', count: 1, concurrency: 1, timeout: 2000, ...door } as const
      const [summary] = await client.connectAll([attempts])
      outcomes.push(summary === undefined ? 'nothing' : outcomeOf(summary))
    }
    return outcomes
  }

  /** Starts what answers everything on a port with its name, for as long as the lab lasts. */
  async talkers(port: number, places: Readonly<Record<string, Place>>): Promise<void> {
    const started = Object.entries(places).map(([name, place]) => this.#talk(place, ['serve', name, String(port)]))
    await Promise.all(started)
  }

  /** Opens a socket that stays. */
  async talk(from: Place, { address, port, protocol = 'tcp' }: Door): Promise<Talk> {
    const { child, next } = await this.#talk(from, ['ask', protocol, address, String(port)])
    return {
      ask: async () => {
        child.stdin.write('\n')
        return next()
      },
      reset: async () => {
        const exited = once(child, 'exit')
        child.stdin.write('reset\n')
        await exited
      },
    }
  }

  /** Opens several. */
  async talks(from: Place, door: Door, count: number): Promise<readonly Talk[]> {
    return Promise.all(Array.from({ length: count }, () => this.talk(from, door)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machine[Symbol.asyncDispose]()
  }

  async #client(place: Place): Promise<Client> {
    const client = this.#clients.get(place) ?? this.lab.client(place)
    this.#clients.set(place, client)
    return client
  }

  async #talk(place: Place, args: readonly string[]) {
    const child = this.lab.spawn(place, process.execPath, [join(import.meta.dirname, 'talk.ts'), ...args])
    const next = linesOf(child)
    await next()
    return { child, next }
  }
}

/** Boots, and builds the lab; its node serves nothing yet. */
export async function createIpvsLab(): Promise<IpvsLab> {
  requireUmlTools()
  const machine = await bootUml()
  try {
    const lab = new IpvsLab(machine, await createPacketLab([], machine))
    await loadIpvs(lab.lab, documentsOf([], 'rr'))
    return lab
  } catch (error) {
    await machine[Symbol.asyncDispose]()
    throw error
  }
}

/** What the node would be given. */
export function documentsOf(services: readonly TableService[], scheduler: IpvsScheduler): readonly RuleDocument[] {
  return renderObjects([nodeObject({}), ...services.flatMap(objectsOf)], scheduler)
}

function renderObjects(objects: readonly unknown[], scheduler: IpvsScheduler): readonly RuleDocument[] {
  const networks = Object.values(podCidr).flatMap((text) => parseCidr(text) ?? [])
  const options = {
    nodeName: thisNode,
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks },
    nodePortNetworks: [],
    scheduler,
  } as const
  return ipvsDocuments(clusterOfObjects(objects), families, options)
}

/** Starts a program whose lines are its answers; rejects with what it says when it ends instead. */
function linesOf(child: RunningCommand): () => Promise<string> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaint = ''
  child.stderr.on('data', (text) => (complaint += String(text)))
  return async () => {
    const { done, value } = await lines.next()
    if (done === true) throw new Error(`It ended: ${complaint}`)
    return value
  }
}

function outcomeOf({ seenBy, refused, timeouts, errors }: Summary): string {
  const [seen] = Object.entries(seenBy)
  if (seen !== undefined) return `${seen[0]} sees ${Object.keys(seen[1]).join(' ')}`
  if (refused > 0) return 'refused'
  return timeouts > 0 ? 'unanswered' : Object.keys(errors).join(' ')
}
