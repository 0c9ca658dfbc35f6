import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Upstream } from '../../src/host/upstream.ts'
import type { TlsSettings } from '../../src/host/upstream-dial.ts'
import { makeCertificate, type Certificate } from './certificate.ts'
import { exchange } from './exchange.ts'
import { fakeServer, replyTo, type FakeServer, type Segment } from './fake-server.ts'

let certificate: Certificate

beforeAll(() => {
  certificate = makeCertificate('DNS:dns.example', 'IP:127.0.0.1')
})
afterAll(() => certificate[Symbol.dispose]())

/** What a server saw of a handshake. */
interface Handshake {
  readonly serverName: string | false
  readonly version: string | null
  readonly resumed: boolean
}

/** A server of DNS over TLS that remembers its handshakes. */
async function tlsServer(
  options: TlsOptions = {},
  tcp: (segment: Segment) => void = ({ query, send }) => send(replyTo(query)),
): Promise<FakeServer & { readonly handshakes: readonly Handshake[] }> {
  const handshakes: Handshake[] = []
  const server = await fakeServer({
    tcp,
    createServer: (accept) =>
      createTlsServer({ cert: certificate.cert, key: certificate.key, ...options }, (socket) => {
        const serverName = 'servername' in socket && typeof socket.servername === 'string' && socket.servername
        handshakes.push({ serverName, version: socket.getProtocol(), resumed: socket.isSessionReused() })
        accept(socket)
      }).on('tlsClientError', () => {}),
  })
  return Object.assign(server, { handshakes })
}

function upstreamOf({ port }: { readonly port: number }, tls: TlsSettings = {}): Upstream {
  return new Upstream({ host: '127.0.0.1', port, tls: { ca: certificate.cert, ...tls } })
}

test('asks over TLS whatever the client came over, by name or by address', async () => {
  await using server = await tlsServer()
  for (const serverName of ['dns.example', undefined]) {
    const upstream = upstreamOf(server, serverName === undefined ? {} : { serverName })
    expect(upstream.name).toBe(`tls://127.0.0.1:${server.port}`)
    for (const transport of ['udp', 'tcp'] as const)
      expect((await exchange(upstream, transport)).answers).toHaveLength(1)
    upstream.close()
  }
  expect(server.handshakes).toEqual([
    { serverName: 'dns.example', version: 'TLSv1.3', resumed: false },
    { serverName: false, version: 'TLSv1.3', resumed: false },
  ])
})

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  '%s: the next connection takes up the session of the last',
  async (version) => {
    await using server = await tlsServer({ minVersion: version, maxVersion: version }, ({ query, send, socket }) => {
      send(replyTo(query))
      socket.end()
    })
    const upstream = upstreamOf(server, { serverName: 'dns.example' })
    await exchange(upstream, 'tcp')
    await exchange(upstream, 'tcp')
    expect(server.handshakes).toMatchObject([
      { version, resumed: false },
      { version, resumed: true },
    ])
    upstream.close()
  },
)

describe('is not asked', () => {
  test('a server of another name', async () => {
    await using server = await tlsServer()
    await expect(exchange(upstreamOf(server, { serverName: 'other.example' }), 'tcp')).rejects.toThrow(
      /No answer from tls:.* over TLS: Hostname\/IP does not match certificate's altnames/,
    )
  })

  test('a server whose certificate nobody vouches for', async () => {
    await using server = await tlsServer()
    const upstream = new Upstream({ host: '127.0.0.1', port: server.port, tls: { serverName: 'dns.example' } })
    await expect(exchange(upstream, 'tcp')).rejects.toThrow('over TLS: self-signed certificate')
  })

  test('a server that knows only TLS 1.1', async () => {
    await using server = await tlsServer({
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    await expect(exchange(upstreamOf(server), 'tcp')).rejects.toThrow('over TLS: ')
    expect(server.handshakes).toEqual([])
  })

  test('a server that speaks no TLS', async () => {
    await using server = await fakeServer({ tcp: ({ query, send }) => send(replyTo(query)) })
    await expect(exchange(upstreamOf(server), 'tcp', undefined, { totalMs: 500 })).rejects.toThrow('over TLS: ')
  })
})

test('a certificate of ours is shown', async () => {
  await using server = await tlsServer({ requestCert: true, rejectUnauthorized: true, ca: certificate.cert })
  await expect(exchange(upstreamOf(server), 'tcp')).rejects.toThrow('over TLS: ')
  const upstream = upstreamOf(server, { cert: certificate.cert, key: certificate.key })
  expect((await exchange(upstream, 'tcp')).answers).toHaveLength(1)
  upstream.close()
})

test('settings that are none are an error when they are read, not when somebody asks', () => {
  for (const tls of [
    { cert: 'none', key: certificate.key },
    { cert: certificate.cert, key: 'none' },
    { ca: 'none' },
    { ca: certificate.cert.replaceAll('M', '!') },
  ]) {
    expect(() => new Upstream({ host: '192.0.2.8', port: 853, tls })).toThrow(
      'Cannot use the TLS settings of the upstream tls://192.0.2.8:853: ',
    )
  }
})
