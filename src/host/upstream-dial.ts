import { X509Certificate } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'

export interface UpstreamServer {
  /** Canonical text, as `parseAddress` gives it. */
  readonly host: string
  readonly port: number
  /** Present: DNS over TLS (RFC 7858). */
  readonly tls?: TlsSettings
  /** The address that queries come from; absent: the one that routing chooses. */
  readonly sourceAddress?: string
}

/** What the server's certificate is checked against, and what it is shown; certificates and keys are PEM. */
export interface TlsSettings {
  /** Absent: the certificate must be for the server's address. */
  readonly serverName?: string
  /** Absent: the authorities that Node brings. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** CoreDNS' bounds of the time that a connection may take, and the weight of the newest in the average. */
const limits = { minMs: 1000, maxMs: 30_000, weight: 0.25 }

/** Connects to one server, and learns from each connection how long the next may take. */
export class Dialler {
  readonly #open: () => Socket
  readonly #event: 'connect' | 'secureConnect'
  /** Before the first it is a second: more than any takes, and little of what a query has. */
  #averageMs = 1000

  /** Throws when the certificates or the key are none. */
  constructor(server: UpstreamServer) {
    const { host, port, tls, sourceAddress } = server
    const from = sourceAddress === undefined ? {} : { localAddress: sourceAddress }
    this.#open = tls ? tlsOpener(server, tls) : () => connectTcp({ host, port, ...from, noDelay: true })
    this.#event = tls ? 'secureConnect' : 'connect'
  }

  /** Connects within twice the average, and within `maxMs`. */
  async dial(maxMs: number): Promise<Socket> {
    const timeoutMs = Math.min(maxMs, limits.maxMs, Math.max(limits.minMs, 2 * this.#averageMs))
    const start = performance.now()
    try {
      return await connected(this.#open(), this.#event, timeoutMs)
    } finally {
      this.#averageMs += (performance.now() - start - this.#averageMs) * limits.weight
    }
  }
}

/** Each certificate of a PEM text. OpenSSL takes a text with none for an empty list, and then trusts nobody. */
function certificatesOf(ca: string): string[] {
  const blocks = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  if (!blocks) throw new SyntaxError('there is no certificate among the authorities')
  return blocks.map((block) => new X509Certificate(block).toString())
}

/** Opens TLS connections, each with a handshake that the session of the last one shortens. */
function tlsOpener(
  { host, port, sourceAddress }: UpstreamServer,
  { serverName, ca, ...files }: TlsSettings,
): () => Socket {
  const options = {
    host,
    port,
    ...(sourceAddress !== undefined && { localAddress: sourceAddress }),
    ...(serverName !== undefined && { servername: serverName }),
    secureContext: createSecureContext({
      ...files,
      ...(ca !== undefined && { ca: certificatesOf(ca) }),
      minVersion: 'TLSv1.2',
    }),
  }
  let session: Buffer | undefined
  return () => {
    const socket = connectTls({ ...options, ...(session && { session }) })
    socket.setNoDelay()
    // With TLS 1.3 it comes after the handshake.
    socket.on('session', (latest) => {
      session = latest
    })
    return socket
  }
}

function connected(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(new Error(`no connection within ${Math.round(timeoutMs)} ms`)), timeoutMs)
    socket.once('error', fail)
    socket.once(event, () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}
