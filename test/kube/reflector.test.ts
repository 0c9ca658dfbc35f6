import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { Credentials } from '../../src/kube/credentials.ts'
import { services } from '../../src/kube/resource.ts'
import { follow } from '../support/followed.ts'
import { freePort } from '../support/free-port.ts'

/** What a scripted server does with one request. */
type Reply = (response: ServerResponse) => void

interface Scripted extends AsyncDisposable {
  readonly credentials: Credentials
  /** The queries that came, in their order. */
  readonly queries: readonly URLSearchParams[]
}

/** Answers one request after the other as the list says; those after the last are left waiting. */
async function scripted(replies: readonly Reply[]): Promise<Scripted> {
  const queries: URLSearchParams[] = []
  const server = createServer((request, response) => {
    const reply = replies[queries.length]
    queries.push(new URL(request.url ?? '', 'http://x').searchParams)
    reply?.(response)
  })
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    credentials: { server: `http://127.0.0.1:${port}`, identity: () => Promise.resolve({}) },
    queries,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function service(name: string, version: string, port: unknown = 80) {
  return { metadata: { namespace: 'shop', name, resourceVersion: version }, spec: { ports: [{ port }] } }
}

function event(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`
}

const bookmark = (version: string) => event('BOOKMARK', { metadata: { resourceVersion: version } })

/** An empty list that streams, as of this version, and what follows it on the same connection. */
function streamed(version: string, ...rest: readonly string[]): Reply {
  return events(listEnd(version), ...rest)
}

function listEnd(version: string): string {
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  return event('BOOKMARK', { metadata: { resourceVersion: version, annotations } })
}

function events(...lines: readonly string[]): Reply {
  return (response) => response.end(lines.join(''))
}

function refused(code: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return (response) => response.writeHead(code, headers).end(JSON.stringify({ kind: 'Status', message: 'no', code }))
}

/** Says this much, and never ends. */
function opened(text: string): Reply {
  return (response) => response.write(text)
}

function page(version: string, token: string, ...items: readonly unknown[]): Reply {
  const metadata = { resourceVersion: version, continue: token }
  return (response) => response.end(JSON.stringify({ kind: 'ServiceList', metadata, items }))
}

/** What each request asked for: a version, a token, or what kind of list. */
function asked(queries: readonly URLSearchParams[]): readonly string[] {
  return queries.map((query) => {
    if (query.has('sendInitialEvents')) return 'stream'
    if (query.has('watch')) return `watch ${query.get('resourceVersion')}`
    return `page ${query.get('continue') ?? ''}`.trim()
  })
}

const patient = { timeout: 10_000, interval: 20 }

test('it asks for what makes a list stream, and for bookmarks', async () => {
  await using server = await scripted([streamed('5')])
  await using _ = follow(server.credentials, { ...services, labelSelector: '!a,b=c', fieldSelector: 'metadata.name=x' })
  await expect.poll(() => server.queries.length, patient).toBe(2)
  const [first, second] = server.queries.map((query) => Object.fromEntries(query))
  const always = {
    labelSelector: '!a,b=c',
    fieldSelector: 'metadata.name=x',
    watch: 'true',
    allowWatchBookmarks: 'true',
  }
  const timeoutSeconds = expect.stringMatching(/^(?:[345]\d\d|600)$/)
  expect(first).toEqual({
    ...always,
    timeoutSeconds,
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
  })
  expect(second).toEqual({ ...always, timeoutSeconds, resourceVersion: '5' })
})

test('it resumes from the last bookmark or event', async () => {
  await using server = await scripted([
    streamed('5', bookmark('9')),
    events(event('ADDED', service('cart', '11'))),
    events(bookmark('12')),
  ])
  await using _ = follow(server.credentials, services)
  await expect.poll(() => asked(server.queries), patient).toEqual(['stream', 'watch 9', 'watch 11', 'watch 12'])
})

test('an event that was cut is not taken, and asked for again', async () => {
  const whole = event('ADDED', service('cart', '11'))
  const cut: Reply = (response) => {
    response.write(event('ADDED', service('search', '10')) + whole.slice(0, -9), () => response.destroy())
  }
  await using server = await scripted([streamed('5'), cut, events(whole)])
  await using followed = follow(server.credentials, services)
  await expect.poll(() => asked(server.queries), patient).toEqual(['stream', 'watch 5', 'watch 10', 'watch 11'])
  expect(followed.said).toEqual(['synced', 'put Service shop/search', 'put Service shop/cart'])
})

test.each([
  ['status', refused(410)],
  ['event', events(event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }))],
])('a version that expired leads to a new list at once: 410 as %s', async (_, expired) => {
  await using server = await scripted([streamed('5', event('ADDED', service('cart', '6'))), expired, streamed('20')])
  await using followed = follow(server.credentials, services)
  await expect.poll(() => asked(server.queries), patient).toEqual(['stream', 'watch 6', 'stream', 'watch 20'])
  expect(followed.said).toEqual(['synced', 'put Service shop/cart', 'removed Service shop/cart', 'synced'])
  expect(followed.troubles).toEqual([])
})

test.each([
  ['status 400, before there were streamed lists', refused(400)],
  ['status 422, where they are switched off', refused(422)],
  ['an event, where etcd does not tell its progress', events(event('ERROR', { code: 500, message: 'disabled' }))],
])('pages are asked for where the list does not stream: %s', async (_, no) => {
  await using server = await scripted([
    no,
    page('7', 'more', service('cart', '3')),
    page('7', '', service('search', '4')),
    refused(410),
    no,
    page('9', '', service('search', '4')),
  ])
  await using followed = follow(server.credentials, services)
  const list = ['stream', 'page', 'page more', 'watch 7', 'stream', 'page', 'watch 9']
  await expect.poll(() => asked(server.queries), patient).toEqual(list)
  const { said } = followed
  expect(said).toEqual([
    'put Service shop/cart',
    'put Service shop/search',
    'synced',
    'removed Service shop/cart',
    'synced',
  ])
})

test('a list that expires between two pages is begun anew', async () => {
  await using server = await scripted([
    refused(422),
    page('7', 'more', service('cart', '3')),
    refused(410),
    streamed('9'),
  ])
  await using followed = follow(server.credentials, services)
  await expect.poll(() => asked(server.queries).slice(2), patient).toEqual(['page more', 'stream', 'watch 9'])
  expect(followed.said).toEqual(['put Service shop/cart', 'removed Service shop/cart', 'synced'])
})

test('a server that is too busy is left alone as long as it asks', async () => {
  await using server = await scripted([refused(429, { 'retry-after': '1' }), streamed('5')])
  await using followed = follow(server.credentials, services)
  await expect.poll(() => followed.said, patient).toEqual(['synced'])
  expect(followed.troubles).toEqual([
    'Cannot watch /api/v1/services: the API server said 429: no; asking again in 1.0 s',
  ])
})

test('a watch that says nothing is given up for a new list', async () => {
  await using server = await scripted([streamed('5'), opened(bookmark('6')), streamed('5')])
  await using followed = follow(server.credentials, services, 1000)
  await expect.poll(() => asked(server.queries).slice(0, 3), patient).toEqual(['stream', 'watch 5', 'stream'])
  await expect.poll(() => followed.said, patient).toEqual(['synced', 'synced'])
})

test('the end of an object that a watch has lost is found by the next list', async () => {
  const [cart, search] = [event('ADDED', service('cart', '3')), event('ADDED', service('search', '4'))]
  await using server = await scripted([
    events(cart, search, listEnd('5')),
    opened(bookmark('9')),
    events(search, listEnd('9')),
  ])
  await using followed = follow(server.credentials, services)
  await expect.poll(() => asked(server.queries), patient).toEqual(['stream', 'watch 5'])
  followed.reflector.relist()
  await expect.poll(() => asked(server.queries), patient).toEqual(['stream', 'watch 5', 'stream', 'watch 9'])
  const first = ['put Service shop/cart', 'put Service shop/search', 'synced']
  expect(followed.said).toEqual([...first, 'removed Service shop/cart', 'synced'])
})

test('one object that cannot be read holds up no other', async () => {
  await using server = await scripted([
    streamed(
      '5',
      event('ADDED', service('cart', '6')),
      event('MODIFIED', service('cart', '7', 'http')),
      event('ADDED', service('search', '8')),
    ),
  ])
  await using followed = follow(server.credentials, services)
  await expect.poll(() => server.queries.length, patient).toBe(2)
  expect(followed.said.slice(1)).toEqual([
    'put Service shop/cart',
    'unreadable Service shop/cart',
    'put Service shop/search',
  ])
  expect(followed.names()).toEqual(['Service shop/cart', 'Service shop/search'])
})

test.each([
  ['no JSON', events('<html>\n'), /JSON/],
  ['an unknown event', events(event('HELLO', {})), /type: expected one of ADDED/],
  [
    'an event without version',
    events(event('ADDED', { metadata: { name: 'x' } })),
    /resourceVersion: expected a version/,
  ],
  [
    'a proxy that refuses',
    (response: ServerResponse) => response.writeHead(502).end('<b>Bad Gateway</b>'),
    /502: <b>Bad/,
  ],
  ['a line without end', opened('x'.repeat(17 * 1024 * 1024)), /longer than 16777216 bytes/],
])('the answer is given up, and asked for again, at %s', async (_, reply, message) => {
  await using server = await scripted([streamed('5'), reply])
  await using followed = follow(server.credentials, services)
  await expect.poll(() => asked(server.queries), patient).toEqual(['stream', 'watch 5', 'watch 5'])
  expect(followed.troubles).toEqual([expect.stringMatching(message)])
})
