import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { addressOf, podCidr, type Place } from '../../src/host/lab/addresses.ts'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import { families } from '../../src/net/family.ts'
import { runAgent, type RunningAgent } from './agent.ts'
import { TestApiServer } from './api-server.ts'
import { createBasics, elsewhere, here } from './cluster-basics.ts'
import { startControllerManager } from './controller-manager.ts'
import { kubectlBinary } from './kubernetes-binaries.ts'
import { TcpGate } from './tcp-gate.ts'
import { TestKubelet } from './test-kubelet.ts'

/** How many pods there is room for. One place more is a pod that no Service leads to. */
const room = 8
export const asker: Place = `backend${room + 1}`

/** Where the API server is, as the node sees it. */
const controlAddress = addressOf('client', 'IPv4')

/** Options by which the agent, and what it is compared with, knows its node. */
export const nodeOptions = ['--node', here, '--cluster-cidr', `${podCidr.IPv4},${podCidr.IPv6}`]

const corefile = `.:53 {
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods verified
    endpoint_pod_names
  }
  transfer {
    to *
  }
}
`

interface Parts {
  readonly directory: string
  readonly lab: Lab
  readonly server: TestApiServer
  /** Between the node and the API server. */
  readonly gate: TcpGate
  readonly kubelet: TestKubelet
  /** As a program on the node has it. */
  readonly kubeconfig: string
  readonly kubectl: (args: readonly string[]) => Promise<string>
}

export interface AgentStart {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Absent: that of the administrator. */
  readonly kubeconfig?: string
}

/**
 * A cluster of real parts: etcd, API server and controller manager, which only the tests see, on the loopback device;
 * and namespaces for a node, its pods and a client. The node reaches the API server at the client's address, as if it were
 * one more machine outside, and so does the Service `default/kubernetes`.
 */
export class TestCluster implements AsyncDisposable {
  readonly parts: Parts
  readonly #ends: Ends
  readonly #agents = new Set<RunningAgent>()

  private constructor(parts: Parts, ends: Ends) {
    this.parts = parts
    this.#ends = ends
  }

  static async start(): Promise<TestCluster> {
    const ends: Ends = []
    try {
      return new TestCluster(await make(ends), ends)
    } catch (error) {
      await endAll(ends)
      throw error
    }
  }

  /** Starts an agent on the node; it answers DNS at the node's address. */
  run({ args = [], env = {}, kubeconfig = this.parts.kubeconfig }: AgentStart = {}): RunningAgent {
    const { lab, directory } = this.parts
    const listen = ['--dns-listen', `${addressOf('node', 'IPv4')}:53`]
    const dns = ['--corefile', join(directory, 'Corefile'), ...listen]
    const input = ['--kubeconfig', kubeconfig]
    const agent = runAgent({ name: lab.namespaceOf('node') }, [...input, ...nodeOptions, ...dns, ...args], env)
    this.#agents.add(agent)
    return agent
  }

  /** A kubeconfig for a program on the node; `user` is as a kubeconfig has it, e.g. `{ tokenFile: '/path' }`. */
  kubeconfigOf(user: Readonly<Record<string, string>>): Promise<string> {
    return this.parts.server.kubeconfig({ host: controlAddress, user })
  }

  async endAgents(): Promise<void> {
    await Promise.all([...this.#agents].map((agent) => agent.end('SIGKILL')))
    this.#agents.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endAgents()
    await endAll(this.#ends)
  }
}

type Ends = (() => Promise<unknown>)[]

/** Every part says in `ends` how it is ended, so that those that were made end also where the next cannot be. */
async function make(ends: Ends): Promise<Parts> {
  const directory = await mkdtemp(join(tmpdir(), 'pointsman-cluster-'))
  ends.push(() => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, 'Corefile'), corefile)
  const lab = await createLab({ prefix: 'pointsman-test', backends: room + 1, families, destroyOnSignals: true })
  ends.push(() => lab.destroy())
  const server = keep(ends, await TestApiServer.start(undefined, controlAddress))
  const gate = keep(ends, await TcpGate.to(server.port, join(directory, 'gate')))
  await relay(lab, server.port, join(directory, 'gate'))
  ends.push(await startControllerManager(server))
  await createBasics(server)
  const places = lab.places.filter((place) => place !== 'node' && place !== 'client' && place !== asker)
  const kubelet = keep(ends, new TestKubelet(server, lab, [here, elsewhere], places))
  const kubeconfig = await server.kubeconfig({ host: controlAddress })
  return { directory, lab, server, gate, kubelet, kubeconfig, kubectl: await kubectlFor(server) }
}

function keep<T extends AsyncDisposable>(ends: Ends, part: T): T {
  ends.push(async () => part[Symbol.asyncDispose]())
  return part
}

/** The last that was made ends first, and none that fails keeps the others. */
async function endAll(ends: Ends): Promise<void> {
  const failures: unknown[] = []
  for (const end of ends.splice(0).toReversed()) await end().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, 'Not every part of the cluster could be ended')
}

async function kubectlFor(server: TestApiServer): Promise<Parts['kubectl']> {
  const [program, kubeconfig] = [await kubectlBinary(), await server.kubeconfig()]
  return async (args) => (await execa(program, ['--kubeconfig', kubeconfig, ...args])).stdout
}

/** Hands connections to the control plane's address on to a Unix socket; resolves when it listens. */
async function relay(lab: Lab, port: number, path: string): Promise<void> {
  const args = [resolve('test/support/unix-relay.ts'), controlAddress, String(port), path]
  const child = lab.spawn('client', process.execPath, args)
  child.stderr.resume()
  const { done } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  if (done === true) throw new Error(`Nothing listens on ${controlAddress}:${port} in the lab`)
}
