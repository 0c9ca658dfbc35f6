import { Pool, type Dispatcher } from 'undici'

/** How to reach an API server and who to be there; a kubeconfig or a pod's service account is read into this. */
export interface Credentials {
  /** `https://192.0.2.1:6443`, without a path. */
  readonly server: string
  /** PEM; absent for the authorities that Node trusts. */
  readonly ca?: string
  /** PEM of the client certificate and its key; absent without one. */
  readonly cert?: string
  readonly key?: string
  /** The name that the server's certificate must carry, where it is not that of `server`. */
  readonly serverName?: string
  /** The value of the Authorization header, asked before every request, since tokens expire; undefined without one. */
  readonly authorization: () => Promise<string | undefined>
}

export interface Answer {
  readonly status: number
  /** Seconds of the header Retry-After; absent where the server did not say. */
  readonly retryAfterSeconds?: number
  readonly body: AsyncIterable<Uint8Array>
}

/** The connections of one process to one API server. */
export class ApiServer {
  readonly #credentials: Credentials
  readonly #pool: Pool

  constructor(credentials: Credentials) {
    const { server, ca, cert, key, serverName } = credentials
    this.#credentials = credentials
    this.#pool = new Pool(server, {
      // HTTP/1.1: each watch has a connection of its own, so none that is slow or dead holds up another.
      allowH2: false,
      connections: 32,
      connect: {
        timeout: 10_000,
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(serverName !== undefined && { servername: serverName }),
      },
    })
  }

  /** Throws when the connection fails, and from the body once nothing came for `silenceMilliseconds`. */
  async get(path: string, silenceMilliseconds: number, signal: AbortSignal): Promise<Answer> {
    const authorization = await this.#credentials.authorization()
    const { statusCode, headers, body } = await this.#pool.request({
      method: 'GET',
      path,
      signal,
      headersTimeout: silenceMilliseconds,
      bodyTimeout: silenceMilliseconds,
      headers: { accept: 'application/json', ...(authorization !== undefined && { authorization }) },
    })
    const seconds = Number(headers['retry-after'])
    return { status: statusCode, body: chunksOf(body), ...(seconds > 0 && { retryAfterSeconds: seconds }) }
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

async function* chunksOf(body: Dispatcher.ResponseData['body']): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk
}
