import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import type { TestApiServer } from './api-server.ts'
import { kubeProxyBinary } from './kubernetes-binaries.ts'
import type { Namespace } from './namespace.ts'
import { TcpGate } from './tcp-gate.ts'

/** The real kube-proxy on a node, which reaches the API server as if that were on the node's own loopback device. */
export class TestKubeProxy implements AsyncDisposable {
  readonly #directory: string
  readonly #gate: TcpGate
  readonly #relay: Running
  readonly #proxy: Running

  private constructor(directory: string, gate: TcpGate, relay: Running, proxy: Running) {
    this.#directory = directory
    this.#gate = gate
    this.#relay = relay
    this.#proxy = proxy
  }

  static async start(server: TestApiServer, node: Namespace, args: readonly string[] = []): Promise<TestKubeProxy> {
    const program = await kubeProxyBinary()
    const directory = await mkdtemp(join(tmpdir(), 'pointsman-kube-proxy-'))
    const path = join(directory, 'gate')
    const gate = await TcpGate.to(server.port, path)
    const relay = inside(node, process.execPath, [
      resolve('test/support/unix-relay.ts'),
      '127.0.0.1',
      String(server.port),
      path,
    ])
    await once(relay.stdout, 'data')
    const proxy = inside(node, program, [
      '--kubeconfig',
      await server.kubeconfig(),
      '--proxy-mode',
      'iptables',
      // It can set these for the whole machine only.
      '--conntrack-max-per-core=0',
      ...args,
    ])
    return new TestKubeProxy(directory, gate, relay, proxy)
  }

  /** Its rules stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of [this.#proxy, this.#relay]) {
      running.kill('SIGKILL')
      await running
    }
    await this.#gate[Symbol.asyncDispose]()
    await rm(this.#directory, { recursive: true })
  }
}

type Running = ReturnType<typeof inside>

function inside({ name }: Namespace, program: string, args: readonly string[]) {
  return execa('ip', ['netns', 'exec', name, program, ...args], { stdin: 'ignore', reject: false })
}
