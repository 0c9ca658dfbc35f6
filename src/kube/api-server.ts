import { Pool, type Dispatcher } from 'undici'
import manifest from '../../package.json' with { type: 'json' }
import { sameIdentity, sameTls, type Credentials, type Identity } from './credentials.ts'
import { textOf } from './lines.ts'

export interface Answer {
  readonly status: number
  /** Seconds of the header Retry-After; absent where the server did not say. */
  readonly retryAfterSeconds?: number
  readonly body: AsyncIterable<Uint8Array>
}

/** One request, as the metrics of client-go count it. */
export interface RequestFigures {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Host and port of the server. */
  readonly host: string
  /** The status, e.g. `200`; `<error>` when there was no answer. */
  readonly code: string
  /** Until the answer began; that of a watch goes on for minutes. */
  readonly seconds: number
}

export interface ApiServerOptions {
  readonly onRequest?: (figures: RequestFigures) => void
}

interface Connections {
  readonly identity: Identity
  readonly pool: Pool
}

const sendTimeoutMilliseconds = 30_000
const longestReply = 64 * 1024

type Request = Pick<Dispatcher.RequestOptions, 'body' | 'signal' | 'headersTimeout' | 'bodyTimeout'> & {
  readonly method: RequestFigures['method']
  readonly path: string
  readonly contentType?: string
}

/** The connections of one process to one API server. */
export class ApiServer {
  readonly #credentials: Credentials
  readonly #options: ApiServerOptions
  readonly #origin: string
  /** Stands before the path of every request; mostly empty. */
  readonly #prefix: string
  readonly #host: string
  #connections: Connections | undefined
  /** Those made with certificates that were replaced since, until their last watch ends. */
  readonly #retired = new Set<Pool>()

  constructor(credentials: Credentials, options: ApiServerOptions = {}) {
    const { origin, host, pathname } = new URL(credentials.server)
    this.#credentials = credentials
    this.#options = options
    this.#origin = origin
    this.#prefix = pathname.replace(/\/$/, '')
    this.#host = host
  }

  get url(): string {
    return this.#credentials.server
  }

  /** Throws when the connection fails, and from the body once nothing came for `silenceMilliseconds`. */
  async get(path: string, silenceMilliseconds: number, signal: AbortSignal): Promise<Answer> {
    const silence = { headersTimeout: silenceMilliseconds, bodyTimeout: silenceMilliseconds }
    const { statusCode, headers, body } = await this.#ask({ method: 'GET', path, signal, ...silence })
    const seconds = Number(headers['retry-after'])
    return { status: statusCode, body: chunksOf(body), ...(seconds > 0 && { retryAfterSeconds: seconds }) }
  }

  /**
   * Writes an object, or a merge patch of one. Throws when the connection fails, or the answer is longer than an Event
   * makes it.
   */
  async send(
    method: 'POST' | 'PATCH',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const timeouts = { headersTimeout: sendTimeoutMilliseconds, bodyTimeout: sendTimeoutMilliseconds }
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const request = { method, path, signal, body: JSON.stringify(body), contentType, ...timeouts }
    const answer = await this.#ask(request)
    return { status: answer.statusCode, text: await textOf(chunksOf(answer.body), longestReply) }
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    const pools = [...this.#retired, ...(this.#connections === undefined ? [] : [this.#connections.pool])]
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  /** Asks once more after a 401 where there is something else to show: a token may end between two readings of it. */
  async #ask(request: Request): Promise<Dispatcher.ResponseData> {
    const identity = await this.#credentials.identity()
    const answer = await this.#askAs(identity, request)
    if (answer.statusCode !== 401) return answer
    const fresh = await this.#identityAfter(identity, answer)
    if (fresh === undefined) return answer
    await answer.body.dump()
    return this.#askAs(fresh, request)
  }

  /** Undefined when there is nothing but what the server refused. */
  async #identityAfter(refused: Identity, answer: Dispatcher.ResponseData): Promise<Identity | undefined> {
    try {
      const fresh = await this.#credentials.identity(refused)
      return sameIdentity(refused, fresh) ? undefined : fresh
    } catch (error) {
      await answer.body.dump()
      throw error
    }
  }

  async #askAs(identity: Identity, { method, contentType, ...request }: Request): Promise<Dispatcher.ResponseData> {
    const start = performance.now()
    let code = '<error>'
    try {
      const answer = await this.#poolFor(identity).request({
        ...request,
        method,
        path: `${this.#prefix}${request.path}`,
        headers: {
          accept: 'application/json',
          'user-agent': `pointsman/${manifest.version}`,
          ...(contentType !== undefined && { 'content-type': contentType }),
          ...(identity.authorization !== undefined && { authorization: identity.authorization }),
        },
      })
      code = String(answer.statusCode)
      return answer
    } finally {
      this.#options.onRequest?.({ method, host: this.#host, code, seconds: (performance.now() - start) / 1000 })
    }
  }

  /** A new one once certificates were replaced; what the old one still does goes on. */
  #poolFor(identity: Identity): Pool {
    const before = this.#connections
    if (before !== undefined && sameTls(before.identity, identity)) return before.pool
    if (before !== undefined) this.#retire(before.pool)
    const pool = new Pool(this.#origin, poolOptions(this.#credentials, identity))
    this.#connections = { identity, pool }
    return pool
  }

  #retire(pool: Pool): void {
    this.#retired.add(pool)
    void pool.close().finally(() => this.#retired.delete(pool))
  }
}

function poolOptions({ serverName, insecure }: Credentials, { ca, cert, key }: Identity): Pool.Options {
  return {
    // HTTP/1.1: each watch has a connection of its own, so none that is slow or dead holds up another.
    allowH2: false,
    connections: 32,
    connect: {
      timeout: 10_000,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(serverName !== undefined && { servername: serverName }),
      ...(insecure === true && { rejectUnauthorized: false }),
    },
  }
}

async function* chunksOf(body: Dispatcher.ResponseData['body']): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk
}
