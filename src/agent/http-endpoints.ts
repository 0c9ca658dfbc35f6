import type { FastifyInstance } from 'fastify'
import { addressText, type HttpEndpoint, type HttpPath } from '../config/http-endpoint.ts'
import { listenHttp, type ListeningServer } from '../host/http-server.ts'

/** What is said to a request. */
export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** Absent: plain text. */
  readonly type?: string
}

interface OpenEndpoint {
  readonly server: ListeningServer
  paths: readonly HttpPath[]
}

const allPaths: readonly HttpPath[] = ['/health', '/metrics', '/ready']

/** The HTTP servers of a Corefile: one for each address, kept while addresses come and go. */
export class HttpEndpoints {
  readonly #answer: (path: HttpPath) => HttpAnswer | Promise<HttpAnswer>
  /** By address. */
  readonly #open = new Map<string, OpenEndpoint>()

  constructor(answer: (path: HttpPath) => HttpAnswer | Promise<HttpAnswer>) {
    this.#answer = answer
  }

  /** Serves these besides those there are; throws a sentence when one cannot be, and then serves none of the new ones. */
  async open(endpoints: readonly HttpEndpoint[]): Promise<void> {
    const opened: string[] = []
    try {
      for (const endpoint of endpoints) {
        const key = addressText(endpoint.address)
        if (this.#open.has(key)) continue
        await this.#listen(key, endpoint)
        opened.push(key)
      }
    } catch (error) {
      await Promise.all(opened.map((key) => this.#close(key)))
      throw error
    }
  }

  /** From now on serves these and nothing else; all of them are open. */
  async apply(endpoints: readonly HttpEndpoint[]): Promise<void> {
    const wanted = new Map(endpoints.map(({ address, paths }) => [addressText(address), paths]))
    for (const [key, endpoint] of this.#open) endpoint.paths = wanted.get(key) ?? endpoint.paths
    await Promise.all([...this.#open.keys()].filter((key) => !wanted.has(key)).map((key) => this.#close(key)))
  }

  /** Of an address that is open; another than asked for where that was 0. */
  port(endpoint: HttpEndpoint): number | undefined {
    return this.#open.get(addressText(endpoint.address))?.server.port
  }

  async close(): Promise<void> {
    await this.apply([])
  }

  async #listen(key: string, { address, paths }: HttpEndpoint): Promise<void> {
    const routes = (server: FastifyInstance): void => {
      for (const path of allPaths) {
        server.get(path, async (_, reply) => {
          // An address that serves other paths since a reload goes on listening.
          if (!this.#open.get(key)?.paths.includes(path)) return reply.callNotFound()
          const { status, body, type = 'text/plain; charset=utf-8' } = await this.#answer(path)
          return reply.code(status).type(type).send(body)
        })
      }
    }
    const server = await listenHttp(address, routes)
    this.#open.set(key, { server, paths })
  }

  async #close(key: string): Promise<void> {
    const endpoint = this.#open.get(key)
    this.#open.delete(key)
    await endpoint?.server.close()
  }
}
