import {
  GenericContainer,
  Network,
  getContainerRuntimeClient,
  type StartedNetwork,
  type StartedTestContainer,
} from 'testcontainers'
import { vi } from 'vitest'
import { makeBaseImages } from './base-images.ts'
import { DockerEngine } from './engine.ts'

export const node = '/usr/local/bin/node'

/** A container from this image stays as long as it is left. */
export const client = 'pointsman-test/client'

const idle = [node, '-e', 'setInterval(() => {}, 1e6)']

/** An engine with the image of docker/Dockerfile and a network, and all that is started there; everything ends with it. */
export class DockerLab implements AsyncDisposable {
  readonly engine: DockerEngine
  readonly image: string
  readonly #started: StartedTestContainer[] = []
  /** By user and capabilities; they do nothing of their own. */
  readonly #bare = new Map<string, StartedTestContainer>()
  #network: StartedNetwork | undefined

  private constructor(engine: DockerEngine, image: string) {
    this.engine = engine
    this.image = image
  }

  /** Builds the image under the name `image`. */
  static async start(image: string): Promise<DockerLab> {
    const lab = new DockerLab(await DockerEngine.start(), image)
    try {
      await lab.#fill()
      return lab
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  async start(definition: GenericContainer): Promise<StartedTestContainer> {
    const container = await definition.start()
    this.#started.push(container)
    return container
  }

  /** On the network, so that others reach it by {@link addressOf}. */
  startOnNetwork(definition: GenericContainer): Promise<StartedTestContainer> {
    return this.start(definition.withNetworkMode(this.#networkName))
  }

  /** The container that holds the network namespace of a pod, as `pause` does. */
  startSandbox(
    ...hosts: readonly { readonly host: string; readonly ipAddress: string }[]
  ): Promise<StartedTestContainer> {
    return this.startOnNetwork(new Sandbox(this.image).withEntrypoint(idle).withExtraHosts([...hosts]))
  }

  /** This machine, as containers reach it. */
  async gateway(): Promise<string> {
    const format = '{{(index .IPAM.Config 0).Gateway}}'
    return (await this.engine.docker('network', 'inspect', '--format', format, this.#networkName)).trim()
  }

  addressOf(container: StartedTestContainer): string {
    return container.getIpAddress(this.#networkName)
  }

  /** Runs a tool of the image in a container that has these capabilities alone and no way to more, and a namespace of its own. */
  async run(
    command: readonly string[],
    capabilities: readonly string[],
    user = '0',
  ): Promise<{ readonly exitCode: number; readonly output: string }> {
    const key = [user, ...capabilities].join(' ')
    const container = this.#bare.get(key) ?? (await this.#startBare(capabilities, user))
    this.#bare.set(key, container)
    return container.exec([...command])
  }

  /** What another container finds in the kernel of this one's namespace. */
  rules(container: StartedTestContainer): Promise<string> {
    const options = ['--rm', '--user', '0', '--cap-add', 'NET_ADMIN', '--network', `container:${container.getId()}`]
    return this.engine.docker('run', ...options, '--entrypoint', 'iptables-nft-save', this.image)
  }

  async stateOf(container: StartedTestContainer) {
    const { container: runtime } = await getContainerRuntimeClient()
    return (await runtime.inspect(runtime.getById(container.getId()))).State
  }

  async inspectImage() {
    const { container: runtime } = await getContainerRuntimeClient()
    return runtime.dockerode.getImage(this.image).inspect()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stops = this.#started.map((container) => container.stop({ timeout: 0 }))
    await Promise.allSettled(stops)
    await this.#network?.stop()
    await this.engine[Symbol.asyncDispose]()
    vi.unstubAllEnvs()
  }

  async #startBare(capabilities: readonly string[], user: string): Promise<StartedTestContainer> {
    const sandbox = await this.startSandbox()
    const definition = new GenericContainer(this.image)
      .withNetworkMode(`container:${sandbox.getId()}`)
      .withEntrypoint(idle)
      .withUser(user)
      .withSecurityOpt('no-new-privileges')
      .withDroppedCapabilities('ALL')
      .withAddedCapabilities(...capabilities)
    return this.start(definition)
  }

  get #networkName(): string {
    if (this.#network === undefined) throw new Error('the lab has no network yet')
    return this.#network.getName()
  }

  async #fill(): Promise<void> {
    vi.stubEnv('DOCKER_HOST', this.engine.host)
    // An image that would end what a test leaves, and no registry need bring; here the whole engine ends.
    vi.stubEnv('TESTCONTAINERS_RYUK_DISABLED', 'true')
    // Not looked for by the default network, which the engine does not have.
    vi.stubEnv('TESTCONTAINERS_HOST_OVERRIDE', '127.0.0.1')
    await makeBaseImages(this.engine)
    await this.#build(client, 'test/docker/client.Dockerfile', 'test/docker')
    await this.#build(this.image, 'docker/Dockerfile', '.')
    this.#network = await new Network().start()
  }

  /** With the network of this machine, for the servers of Debian and npm: the engine translates no addresses. */
  async #build(image: string, file: string, context: string): Promise<void> {
    const args = ['HTTP_PROXY', 'HTTPS_PROXY', 'REVISION=abc'].flatMap((arg) => ['--build-arg', arg])
    await this.engine.docker('build', '--quiet', '--network', 'host', ...args, '--tag', image, '--file', file, context)
  }
}

/** There, as on a node, the lower ports are for those who have the capability. */
class Sandbox extends GenericContainer {
  constructor(image: string) {
    super(image)
    this.hostConfig.Sysctls = { 'net.ipv4.ip_unprivileged_port_start': '1024' }
  }
}
