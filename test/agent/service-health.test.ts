import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { serviceHealthAnswer, ServiceHealth } from '../../src/agent/service-health.ts'
import { ConnectionRoom } from '../../src/host/connection-room.ts'
import type { HealthCheck } from '../../src/plan/health-check.ts'
import { freePort } from '../support/free-port.ts'
import { askHttp } from '../support/http-ask.ts'

const opened: ServiceHealth[] = []
const others: Server[] = []
afterEach(async () => {
  for (const other of others.splice(0)) other.close()
  await Promise.all(opened.splice(0).map((health) => health.close()))
})

/** The health checks of services that a test names. */
function checks(room = new ConnectionRoom(10)) {
  const planned = new Map<string, HealthCheck>()
  const failures: string[] = []
  let healthy = true
  const health = new ServiceHealth(
    {
      plan: (service) => planned.get(service),
      isHealthy: () => healthy,
      onListenFailure: (service, message) => failures.push(`${service}: ${message}`),
    },
    room,
  )
  opened.push(health)
  return {
    health,
    failures,
    setHealthy: (now: boolean) => (healthy = now),
    put: (service: string, port: number, localEndpoints: number) => {
      planned.set(service, { port, localEndpoints })
      health.touch([service])
    },
    remove: (service: string) => {
      planned.delete(service)
      health.touch([service])
    },
    sync: (addresses = ['127.0.0.1']) => health.synced(addresses),
  }
}

/** `200 shop/web 1`; `refused` where nobody listens. */
async function ask(port: number, host = '127.0.0.1'): Promise<string> {
  try {
    const { status, headers, body } = await askHttp(`http://${host}:${port}/any?thing`, 'POST')
    const [, namespace, name] = /"namespace": "(.*)",\s+"name": "(.*)"/.exec(body) ?? []
    return `${status} ${namespace}/${name} ${String(headers['x-load-balancing-endpoint-weight'])}`
  } catch {
    return 'refused'
  }
}
async function expectAnswer(port: number, want: string, host?: string): Promise<void> {
  await expect.poll(() => ask(port, host)).toBe(want)
}

test.each([
  [1, true, 200],
  [0, true, 503],
  [2, false, 503],
])('%d endpoints here, rules that are well: %s', (count, healthy, status) => {
  expect(serviceHealthAnswer('shop/web', count, healthy)).toEqual({
    status,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(count),
    },
    body: `{\n\t"service": {\n\t\t"namespace": "shop",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": ${count},\n\t"serviceProxyHealthy": ${healthy}\n}`,
  })
})

test('nothing is said before the rules are in the kernel, nor of a change', async () => {
  const { put, remove, sync } = checks()
  const [first, second] = [await freePort(), await freePort()]
  put('shop/web', first, 1)
  expect(await ask(first)).toBe('refused')
  sync()
  await expectAnswer(first, '200 shop/web 1')
  put('shop/web', first, 0)
  expect(await ask(first)).toBe('200 shop/web 1')
  sync()
  await expectAnswer(first, '503 shop/web 0')
  put('shop/web', second, 2)
  sync()
  await expectAnswer(second, '200 shop/web 2')
  expect(await ask(first)).toBe('refused')
  remove('shop/web')
  expect(await ask(second)).toBe('200 shop/web 2')
  sync()
  await expectAnswer(second, 'refused')
})

test('rules that fall behind make all of them 503', async () => {
  const { put, setHealthy, sync } = checks()
  const port = await freePort()
  put('shop/web', port, 1)
  sync()
  await expectAnswer(port, '200 shop/web 1')
  setHealthy(false)
  expect(await ask(port)).toBe('503 shop/web 1')
})

test('two Services change ports with each other', async () => {
  const { put, sync, failures } = checks()
  const [first, second] = [await freePort(), await freePort()]
  put('shop/a', first, 1)
  put('shop/b', second, 2)
  sync()
  await expectAnswer(second, '200 shop/b 2')
  put('shop/a', second, 1)
  put('shop/b', first, 2)
  sync()
  await expectAnswer(first, '200 shop/b 2')
  for (let i = 0; i < 20; i++) expect([await ask(first), await ask(second)]).toEqual(['200 shop/b 2', '200 shop/a 1'])
  expect(failures).toEqual([])
})

test('addresses come and go', async () => {
  const { put, sync } = checks()
  const port = await freePort()
  put('shop/web', port, 1)
  sync(['127.0.0.1', '127.0.0.2'])
  await expectAnswer(port, '200 shop/web 1', '127.0.0.2')
  sync(['127.0.0.2', '127.0.0.3'])
  await expectAnswer(port, '200 shop/web 1', '127.0.0.3')
  expect([await ask(port), await ask(port, '127.0.0.2')]).toEqual(['refused', '200 shop/web 1'])
})

test('a port that is taken is told of once, and taken when it is free; other addresses are served', async () => {
  const { put, sync, failures } = checks()
  const other = createServer()
  others.push(other)
  await once(other.listen(0, '127.0.0.1'), 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  put('shop/web', port, 1)
  sync(['127.0.0.1', '127.0.0.2'])
  await expectAnswer(port, '200 shop/web 1', '127.0.0.2')
  const reason = `Cannot serve HTTP at 127.0.0.1 port ${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`
  await expect.poll(() => failures).toEqual([`shop/web: The health check of Service shop/web is not served: ${reason}`])
  // It fails again before the next sync has opened another, and nothing is said of it.
  sync(['127.0.0.1', '127.0.0.2'])
  const another = await freePort()
  put('shop/another', another, 1)
  sync(['127.0.0.1', '127.0.0.2'])
  await expectAnswer(another, '200 shop/another 1')
  other.close()
  await once(other, 'close')
  sync(['127.0.0.1', '127.0.0.2'])
  await expectAnswer(port, '200 shop/web 1')
  expect(failures).toHaveLength(1)
})

test('two processes share a port: while one takes over from the other, somebody answers', async () => {
  const port = await freePort()
  const [old, next] = [checks(), checks()]
  old.put('shop/web', port, 1)
  old.sync()
  await expectAnswer(port, '200 shop/web 1')
  next.put('shop/web', port, 1)
  next.sync()
  const answers = new Set<string>()
  for (let i = 0; i < 50; i++) answers.add(await ask(port))
  await old.health.close()
  for (let i = 0; i < 50; i++) answers.add(await ask(port))
  expect([...answers]).toEqual(['200 shop/web 1'])
  expect(next.failures).toEqual([])
})

test('idle connections make room for new ones', async () => {
  const room = new ConnectionRoom(3)
  const { put, sync } = checks(room)
  const port = await freePort()
  put('shop/web', port, 1)
  sync()
  await expectAnswer(port, '200 shop/web 1')
  const idle = Array.from({ length: 10 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  await Promise.all(idle.map((socket) => once(socket, 'connect')))
  await expect.poll(() => room.evicted).toBeGreaterThanOrEqual(7)
  expect(await ask(port)).toBe('200 shop/web 1')
  expect(room.size).toBeLessThanOrEqual(3)
  for (const socket of idle) socket.destroy()
})
