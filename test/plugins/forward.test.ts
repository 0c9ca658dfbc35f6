import { describe, expect, test } from 'vitest'
import type { Behaviour } from '../dns/fake-target.ts'
import { records } from '../dns/replies.ts'
import { inShort, serve } from './served.ts'

/** Each upstream server says which it is by the last octet of an address. */
const which = (name: string, upstream: string): Behaviour => ({
  answers: [{ ...records.a(60, name), data: Uint8Array.of(192, 0, 2, Number(/\.(\d+):/.exec(upstream)?.[1])) }],
})

const behave = ({ name }: { readonly name: string }, upstream: string): Behaviour => {
  if (upstream.startsWith('198.51.100.1') && name.startsWith('next.')) return { rcode: 3 }
  if (upstream.startsWith('198.51.100.1') && name.startsWith('nodata.')) return {}
  if (name.startsWith('nobody.')) return { rcode: 3 }
  return which(name, upstream)
}

describe('of several forwards', () => {
  const corefile = `
. {
    forward corp.example 198.51.100.1 {
        except no.corp.example
        next NXDOMAIN
        next_on_nodata
    }
    forward example 198.51.100.2 {
        next NXDOMAIN
    }
    forward net 198.51.100.3
}`

  test.each([
    { name: 'a.corp.example', want: 'NOERROR A 192.0.2.1', asked: [1] },
    { name: 'a.no.corp.example', want: 'NOERROR A 192.0.2.2', asked: [2] },
    { name: 'next.corp.example', want: 'NOERROR A 192.0.2.2', asked: [1, 2] },
    { name: 'nodata.corp.example', want: 'NOERROR A 192.0.2.2', asked: [1, 2] },
    { name: 'nobody.corp.example', want: 'NXDOMAIN', asked: [1, 2] },
    { name: 'a.net', want: 'NOERROR A 192.0.2.3', asked: [3] },
    { name: 'a.org', want: 'SERVFAIL', asked: [] },
  ])('$name asks $asked: $want', async ({ name, want, asked }) => {
    const { ask, upstreams } = serve(corefile, behave)
    expect(inShort(await ask(name))).toBe(want)
    expect(upstreams.flatMap(({ queries }, i) => (queries.length > 0 ? [i + 1] : []))).toEqual(asked)
  })
})

test('upstream servers are opened as the Corefile says', () => {
  const { opened } = serve(
    `. {
    forward . 198.51.100.1 tls://198.51.100.2%dns.example fe80::1%eth0 /etc/resolv.conf tls://dns.corp.example {
        expire 20s
        max_age 1m
        max_idle_conns 7
        source_address 192.0.2.77
        tls /etc/ca.pem
    }
}`,
    undefined,
    { hostAddresses: (host) => (host === 'dns.corp.example.' ? ['198.51.100.5', '2001:db8::5'] : []) },
  )
  const common = { expireMs: 20_000, maxAgeMs: 60_000, maxIdle: 7, sourceAddress: '192.0.2.77' }
  const tls = { authority: '/etc/ca.pem' }
  expect(opened).toEqual([
    { host: '198.51.100.1', port: 53, ...common },
    { host: '198.51.100.2', port: 853, tls: { ...tls, serverName: 'dns.example' }, ...common },
    { host: 'fe80::1%eth0', port: 53, ...common },
    { host: '192.0.2.53', port: 53, ...common },
    { host: '198.51.100.5', port: 853, tls, ...common },
    { host: '2001:db8::5', port: 853, tls, ...common },
  ])
  expect(serve('. {\nforward . 198.51.100.1\n}').opened).toEqual([
    { host: '198.51.100.1', port: 53, expireMs: 10_000, maxIdle: 64 },
  ])
})

test('one query more than max_concurrent is refused', async () => {
  const { send, clock, lines } = serve('. {\nerrors\nforward . 198.51.100.1 {\nmax_concurrent 2\n}\n}', () => ({
    afterMs: 50,
  }))
  const asked = ['a', 'b', 'c'].map(async (name) => send(`${name}.example`))
  await clock.advance(100)
  const rcodes = (await Promise.all(asked)).map((octets) => octets instanceof Uint8Array && (octets[3] ?? 0) & 15)
  expect(rcodes).toEqual([0, 0, 5])
  expect(lines).toEqual(['[ERROR] plugin/errors: 5 c.example. A: too many queries are being forwarded'])
})

test.each(['AXFR', 'IXFR'])('%s is not forwarded', async (type) => {
  const { ask, upstreams } = serve('. {\nforward . 198.51.100.1\n}')
  expect((await ask('example.com', { type, transport: 'tcp' })).rcode).toBe('REFUSED')
  expect(upstreams[0]?.queries).toEqual([])
})

test('health checks end when the server is closed', async () => {
  const { server, clock, upstreams, ask } = serve('. {\nforward . 198.51.100.1\n}', () => 'refusing')
  expect((await ask('www.example.com')).rcode).toBe('SERVFAIL')
  const checks = () => upstreams[0]?.asked.length ?? 0
  const before = checks()
  await clock.advance(5000)
  expect(checks()).toBeGreaterThan(before)
  server.close()
  await clock.advance(2000)
  const after = checks()
  await clock.advance(60_000)
  expect(checks()).toBe(after)
})

describe('loop', () => {
  const corefile = '. {\nerrors\ncache\nloop\nforward . 198.51.100.1\n}'
  const failing = { rcode: 2 } as const

  /** An upstream server that asks us back, until the loop is mended. */
  function looping() {
    const state = { mended: false }
    const served = serve(corefile, ({ name }) => {
      if (!state.mended) void served.send(name, { type: 'HINFO' })
      return state.mended ? { rcode: 3 } : failing
    })
    return { ...served, state }
  }

  test('that is found is said once, and clients get SERVFAIL until it ends', async () => {
    const { clock, lines, ask, upstreams, state } = looping()
    await clock.advance(2000)
    expect(lines).toEqual([
      '[ERROR] plugin/loop: Loop detected for zone ".": what this server forwards comes back to it; its queries are answered with SERVFAIL until that ends',
    ])
    expect(upstreams[0]?.queries.map(({ type, name }) => [type, /^\d+\.\d+\.$/.test(name)])).toEqual(
      Array.from({ length: 3 }, () => [13, true]),
    )
    expect((await ask('www.example.com')).rcode).toBe('SERVFAIL')
    expect(upstreams[0]?.queries).toHaveLength(3)
    expect(lines[1]).toBe(
      '[ERROR] plugin/errors: 2 www.example.com. A: what is forwarded for the zone "." comes back to this server',
    )
    await clock.advance(30_000)
    expect(lines).toHaveLength(2)
    state.mended = true
    await clock.advance(10_000)
    expect(lines[2]).toMatch(/^\[INFO\] plugin\/loop: Loop ended for zone "\."/)
    expect((await ask('www.example.com')).rcode).toBe('NXDOMAIN')
  })

  test('that is not there costs one query', async () => {
    const { clock, lines, upstreams } = serve(corefile, () => ({ rcode: 3 }))
    await clock.advance(60_000)
    expect(upstreams[0]?.queries).toHaveLength(1)
    expect(lines).toEqual([])
  })

  test('is looked for again while nobody answers, half a minute long', async () => {
    const { clock, upstreams, server } = serve(corefile, () => 'refusing')
    await clock.advance(300_000)
    const rounds = new Set(upstreams[0]?.queries.map(({ name }) => name))
    expect(rounds.size).toBe(30)
    server.close()
  })

  test('is not looked for again when the server is closed while it is looked for', async () => {
    const { clock, upstreams, server } = serve(corefile, () => 'silent')
    await clock.advance(2000)
    server.close()
    await clock.advance(10_000)
    const asked = upstreams[0]?.queries.length
    await clock.advance(60_000)
    expect(upstreams[0]?.queries).toHaveLength(asked ?? -1)
  })

  test('is not looked for where nothing is forwarded, and not after the server is closed', async () => {
    const { clock, server, upstreams } = serve(corefile)
    server.close()
    await clock.advance(5000)
    expect(upstreams[0]?.asked).toEqual([])
    expect((await serve('. {\nloop\nwhoami\n}').ask('a.example')).rcode).toBe('NOERROR')
  })
})
