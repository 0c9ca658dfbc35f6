import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { Agent, request } from 'undici'
import type { Credentials } from '../../src/kube/credentials.ts'
import { runCommand } from '../../src/host/command.ts'
import { Field } from '../../src/model/field.ts'
import { clientAuthority, clientCertificate, makeClientAuthority, type ClientCertificate } from './client-authority.ts'
import { freePort } from './free-port.ts'
import { kubeconfigOf } from './kubeconfig.ts'
import { controlPlaneBinaries } from './kubernetes-binaries.ts'

const loopback = '127.0.0.1'
/** The administrator's. */
export const token = 'a-token-of-the-tests'
const startMilliseconds = 60_000

interface KubeconfigOptions {
  readonly host?: string
  /** As a kubeconfig has it, e.g. `{ tokenFile: '/path' }`. */
  readonly user?: Readonly<Record<string, string>>
}

/** A real API server on an etcd of its own, both on free ports of the loopback device; it ends them when disposed. */
export class TestApiServer implements AsyncDisposable {
  readonly #directory: string
  readonly #program: string
  readonly #etcdUrl: string
  readonly #etcd: Running
  readonly #port: number
  readonly #advertised: string
  #server: Running | undefined
  #agent = new Agent()

  private constructor(
    directory: string,
    program: string,
    etcd: { readonly url: string; readonly running: Running },
    at: { readonly port: number; readonly advertised: string },
  ) {
    this.#directory = directory
    this.#program = program
    this.#etcdUrl = etcd.url
    this.#etcd = etcd.running
    this.#port = at.port
    this.#advertised = at.advertised
  }

  /**
   * `etcd` is the path of another than the pinned one. `advertised` is where the Service `default/kubernetes` leads to, and
   * what the certificate is also good for; on loopback, as where it is absent, the Service leads nowhere.
   */
  static async start(etcd?: string, advertised = loopback): Promise<TestApiServer> {
    const binaries = await controlPlaneBinaries()
    const directory = await mkdtemp(join(tmpdir(), 'pointsman-api-server-'))
    await writeFile(join(directory, 'tokens.csv'), `${token},admin,admin,system:masters\n`)
    await runCommand('openssl', ['genrsa', '-out', join(directory, 'sa.key'), '2048'])
    await makeClientAuthority(directory)
    const url = `http://127.0.0.1:${await freePort()}`
    const running = start(etcd ?? binaries.etcd, etcdArguments(directory, url, await freePort()))
    const at = { port: await freePort(), advertised }
    const server = new TestApiServer(directory, binaries.apiServer, { url, running }, at)
    try {
      await server.resume()
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  get port(): number {
    return this.#port
  }

  /** Its administrator, by token. */
  async credentials(port = this.#port): Promise<Credentials> {
    const identity = { ca: await this.authorities(), authorization: `Bearer ${token}` }
    return { server: `https://127.0.0.1:${port}`, identity: () => Promise.resolve(identity) }
  }

  /** PEM of what its certificate comes from. */
  authorities(): Promise<string> {
    return readFile(join(this.#directory, 'apiserver.crt'), 'utf8')
  }

  /** With it a client is this user, of this group. */
  clientCertificate(user: string, group = 'system:masters'): Promise<ClientCertificate> {
    return clientCertificate(this.#directory, user, group)
  }

  /** Writes a kubeconfig for it; returns its path. Absent: its administrator, at 127.0.0.1. */
  async kubeconfig({ host = loopback, user = { token } }: KubeconfigOptions = {}): Promise<string> {
    const file = join(this.#directory, `${randomUUID()}.kubeconfig`)
    const server = `https://${host}:${this.#port}`
    const config = kubeconfigOf({ server, 'certificate-authority': join(this.#directory, 'apiserver.crt') }, user)
    await writeFile(file, JSON.stringify(config))
    return file
  }

  /** Starts the API server, again after {@link kill}; resolves when it is ready. */
  async resume(): Promise<void> {
    const server = start(this.#program, this.#arguments())
    this.#server = server
    const deadline = Date.now() + startMilliseconds
    while (!(await this.#isReady())) {
      if (Date.now() > deadline) throw new Error(`kube-apiserver was not ready within ${startMilliseconds} ms`)
      const ended = await Promise.race([server, delay(100)])
      if (ended !== undefined) throw new Error(`kube-apiserver ended with exit code ${ended.exitCode}: ${ended.stderr}`)
    }
  }

  async kill(): Promise<void> {
    this.#server?.kill('SIGKILL')
    await this.#server
  }

  /** The process stops where it is, with its connections open, until `SIGCONT`. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#server?.kill(name)
  }

  /** Asks as its administrator; throws unless the answer is a success. */
  async call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const { statusCode, body: answer } = await request(`https://127.0.0.1:${this.#port}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`)
    return text.startsWith('{') ? JSON.parse(text) : text
  }

  /** Whether it knows who comes with this token; one that was revoked may be remembered for ten seconds. */
  async knows(bearer: string): Promise<boolean> {
    const { statusCode, body } = await request(`https://127.0.0.1:${this.#port}/version`, {
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${bearer}` },
    })
    await body.dump()
    return statusCode !== 401
  }

  /** Makes etcd forget every version before the present one. */
  async compact(): Promise<void> {
    const post = { method: 'POST', body: JSON.stringify({ key: 'AA==' }) } as const
    const range = new Field(await (await request(`${this.#etcdUrl}/v3/kv/range`, post)).body.json())
    const revision = range.get('header').get('revision').text()
    const { body } = await request(`${this.#etcdUrl}/v3/kv/compaction`, {
      method: 'POST',
      body: JSON.stringify({ revision, physical: true }),
    })
    await body.dump()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGCONT')
    await this.kill()
    this.#etcd.kill('SIGKILL')
    await this.#etcd
    await this.#agent.close()
    await rm(this.#directory, { recursive: true })
  }

  async #isReady(): Promise<boolean> {
    const ca = await this.authorities().catch(() => undefined)
    if (ca === undefined) return false
    await this.#agent.destroy()
    this.#agent = new Agent({ connect: { ca } })
    return this.call('GET', '/readyz').then(
      () => true,
      () => false,
    )
  }

  #arguments(): readonly string[] {
    const key = join(this.#directory, 'sa.key')
    return [
      `--etcd-servers=${this.#etcdUrl}`,
      `--bind-address=${loopback}`,
      `--advertise-address=${this.#advertised}`,
      `--endpoint-reconciler-type=${this.#advertised === loopback ? 'none' : 'lease'}`,
      `--secure-port=${this.#port}`,
      `--cert-dir=${this.#directory}`,
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      '--service-account-issuer=https://pointsman.test',
      '--service-cluster-ip-range=10.96.0.0/16,2001:db8:96::/112',
      `--token-auth-file=${join(this.#directory, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      // As every cluster has it whose own parts run as pods.
      '--allow-privileged',
      '--disable-admission-plugins=ServiceAccount',
      `--client-ca-file=${clientAuthority(this.#directory)}`,
    ]
  }
}

type Running = ReturnType<typeof start>

/** Its end is awaited, not judged, and it ends with the process of the tests. */
export function start(program: string, args: readonly string[]) {
  return execa(program, args, { stdin: 'ignore', stdout: 'ignore', reject: false })
}

function etcdArguments(directory: string, url: string, peerPort: number): readonly string[] {
  return [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
  ]
}
