import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { runCommand } from '../../src/host/command.ts'

const startMilliseconds = 60_000

/** A build fetches packages, on machines that have other things to do. */
const commandMilliseconds = 900_000

/**
 * A Docker engine of the tests' own, with all that it has in a temporary directory: what another engine of this machine
 * has is neither used nor changed, and nothing is left. It writes no rules of its own and forwards nothing.
 */
export class DockerEngine implements AsyncDisposable {
  readonly host: string
  readonly #directory: string
  readonly #daemon: Daemon

  private constructor(directory: string) {
    this.#directory = directory
    this.host = `unix://${join(directory, 'docker.sock')}`
    this.#daemon = start(directory, this.host)
  }

  static async start(): Promise<DockerEngine> {
    const engine = new DockerEngine(await mkdtemp(join(tmpdir(), 'pointsman-docker-')))
    try {
      await engine.#ready()
      return engine
    } catch (error) {
      await engine[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Runs the command line of Docker; returns what it prints. */
  async docker(...args: readonly string[]): Promise<string> {
    return (await execa('docker', ['--host', this.host, ...args], { timeout: commandMilliseconds })).stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon.kill('SIGTERM')
    await this.#daemon
    for (const path of await mountsBelow(this.#directory)) await runCommand('umount', [path])
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 })
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + startMilliseconds
    const isUp = () =>
      this.docker('version').then(
        () => true,
        () => false,
      )
    while (!(await isUp())) {
      if (Date.now() > deadline) throw new Error(`dockerd was not ready within ${startMilliseconds} ms`)
      const ended = await Promise.race([this.#daemon, delay(100)])
      if (ended !== undefined) throw new Error(`dockerd ended: ${ended.stderr.slice(-2000)}`)
    }
  }
}

/** What the daemon leaves mounted, innermost first: a handle of the namespace that builds shared. */
async function mountsBelow(directory: string): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  const paths = lines.map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${directory}/`))
  return paths.reverse()
}

type Daemon = ReturnType<typeof start>

function start(directory: string, host: string) {
  const args = [
    `--host=${host}`,
    `--data-root=${join(directory, 'data')}`,
    `--exec-root=${join(directory, 'exec')}`,
    `--pidfile=${join(directory, 'pid')}`,
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--ip-masq=false',
  ]
  // It ends with the process of the tests, however that ends.
  const command = ['--pdeathsig', 'TERM', 'dockerd', ...args]
  return execa('setpriv', command, { stdin: 'ignore', stdout: 'ignore', reject: false })
}
