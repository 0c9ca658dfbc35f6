import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { beforeEach, expect, test } from 'vitest'
import { programmed } from '../support/agent.ts'
import { Folder } from '../support/folder.ts'
import type { HttpReply } from '../support/http-ask.ts'
import { testNode } from '../support/test-node.ts'

const node = testNode()

beforeEach(async () => {
  await node.namespace.run('ip', ['link', 'set', 'lo', 'up'])
})

const start = (...args: readonly string[]) => node.start(['--no-dns', '--node', 'node-1', ...args])
const port = '127.0.0.1:10256'

/** Asks from within the node; undefined where nobody listens. */
async function askAll(urls: readonly string[], method = 'GET'): Promise<readonly (HttpReply | undefined)[]> {
  const script = `import { askHttp } from '${resolve('test/support/http-ask.ts')}'
    const ask = (url) => askHttp('http://' + url, '${method}').catch(() => null)
    console.log(JSON.stringify(await Promise.all(${JSON.stringify(urls)}.map(ask))))`
  const printed = await node.namespace.run(process.execPath, ['--input-type=module', '-e', script])
  const replies: readonly (HttpReply | null)[] = JSON.parse(printed)
  return replies.map((reply) => reply ?? undefined)
}
const ask = async (url: string, method?: string) => (await askAll([url], method))[0]
const statusesOf = async (...urls: readonly string[]) => (await askAll(urls)).map((reply) => reply?.status)
const statusOf = async (url: string) => (await statusesOf(url))[0]
const healthOf = async (url: string) => {
  const reply = await ask(url)
  return { code: reply?.status, ...JSON.parse(reply?.body ?? '{}') }
}
const bothStatuses = () => statusesOf(`${port}/healthz`, `${port}/livez`)
const eventually = { timeout: 30_000 }
/** At a port of the node, over IPv4 and IPv6. */
const pair = (at: number) => statusesOf(`127.0.0.1:${at}`, `[::1]:${at}`)
async function expectPair(at: number, want: readonly (number | undefined)[]): Promise<void> {
  await expect.poll(() => pair(at), eventually).toEqual(want)
}

/** Puts objects in the place of a file, in one step. */
async function put(file: string, ...items: readonly object[]): Promise<void> {
  await writeFile(join(node.directory, 'new'), JSON.stringify({ kind: 'List', items }))
  await rename(join(node.directory, 'new'), join(node.directory, file))
}

const thisNode = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', ...metadata },
  spec,
})
const web = (healthCheckNodePort: number, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.96.7.21',
    clusterIPs: ['10.96.7.21', '2001:db8:96::21'],
    ipFamilies: ['IPv4', 'IPv6'],
    externalTrafficPolicy: 'Local',
    healthCheckNodePort,
    ports: [{ name: 'http', port: 80 }],
    ...spec,
  },
})
const slice = (family: 'IPv4' | 'IPv6', ...nodeNames: readonly string[]) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: `web-${family}`.toLowerCase(), labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: family,
  ports: [{ name: 'http', port: 8080 }],
  endpoints: nodeNames.map((nodeName, i) => ({
    addresses: [family === 'IPv4' ? `10.244.1.${i + 1}` : `2001:db8:244::${i + 1}`],
    nodeName,
    conditions: { ready: true },
  })),
})
const time = expect.stringMatching(/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
const family = { lastUpdated: time, healthy: true }

test('the agent is alive before it knows anything, and well once the rules are there', async () => {
  const args = ['netns', 'exec', node.namespace.name, process.execPath, resolve('src/main.ts'), 'run', '-f', '-']
  const child = spawn('ip', [...args, '--no-dns'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const exited = once(child, 'exit')
  try {
    await expect.poll(() => statusOf(`${port}/livez`), eventually).toBe(200)
    expect(await healthOf(`${port}/healthz`)).toEqual({
      code: 503,
      lastUpdated: '0001-01-01T00:00:00Z',
      currentTime: time,
      nodeEligible: true,
      healthy: true,
      problems: ['The rules of IPv4 and IPv6 have not been programmed yet'],
    })
    child.stdin.end(JSON.stringify({ kind: 'List', items: [web(32_100)] }))
    await expect.poll(() => statusOf(`${port}/healthz`), eventually).toBe(200)
    expect(await healthOf(`${port}/healthz`)).toEqual({
      code: 200,
      lastUpdated: time,
      currentTime: time,
      nodeEligible: true,
      healthy: true,
      status: { IPv4: family, IPv6: family },
    })
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}, 60_000)

test('an answer is what kube-proxy gives, with any method, in both families', async () => {
  await put('cluster.json', web(32_100), slice('IPv4', 'node-1'))
  await start().line(programmed('IPv6'))
  const headers = {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'content-length': expect.stringMatching(/^\d+$/),
  }
  for (const [url, method] of [
    [`${port}/healthz?verbose`, 'GET'],
    ['[::1]:10256/livez', 'POST'],
    [`${port}/livez`, 'DELETE'],
  ] as const) {
    const reply = await ask(url, method)
    expect(reply).toMatchObject({ status: 200, headers })
    expect(reply?.headers['content-length']).toBe(String(Buffer.byteLength(reply?.body ?? '')))
    expect(JSON.parse(reply?.body ?? '')).toMatchObject({ healthy: true, status: { IPv4: family, IPv6: family } })
  }
  expect(await ask(`${port}/healthz`, 'HEAD')).toMatchObject({ status: 200, headers, body: '' })
  expect(await ask(`${port}/other`)).toMatchObject({
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: '404 page not found\n',
  })
  expect(await ask('127.0.0.1:32100/any', 'PUT')).toMatchObject({
    status: 200,
    headers: { ...headers, 'x-load-balancing-endpoint-weight': '1' },
    body: '{\n\t"service": {\n\t\t"namespace": "shop",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 1,\n\t"serviceProxyHealthy": true\n}',
  })
}, 60_000)

test('/healthz says so when the node is about to go, or is not among the Nodes; /livez does not', async () => {
  await put('cluster.json', web(32_100))
  await start().line(programmed('IPv6'))
  // Files without any Node say nothing of this one.
  expect(await bothStatuses()).toEqual([200, 200])
  for (const [object, eligible] of [
    [thisNode({ taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }), false],
    [thisNode(), true],
    [thisNode({}, { deletionTimestamp: '2026-03-01T12:00:00Z' }), false],
    [thisNode(), true],
    [thisNode({}, { name: 'node-2' }), false],
  ] as const) {
    await put('node.json', object)
    await expect
      .poll(() => healthOf(`${port}/healthz`), eventually)
      .toMatchObject({ nodeEligible: eligible, healthy: true })
    expect(await bothStatuses()).toEqual([eligible ? 200 : 503, 200])
  }
}, 60_000)

test('rules that do not reach the kernel in time turn all of them, until they do', async () => {
  await node.namespace.run('iptables-legacy', ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
  await put('cluster.json', web(32_100), slice('IPv4', 'node-1'))
  await using folder = await Folder.make()
  const lock = join(folder.path, 'lock')
  const agent = node.start(['--no-dns', '--node', 'node-1', '--iptables-sync-period', '1s'], { XTABLES_LOCKFILE: lock })
  await agent.line(programmed('IPv6'))
  await expect.poll(() => statusOf('127.0.0.1:32100'), eventually).toBe(200)
  expect(await bothStatuses()).toEqual([200, 200])
  const holder = execa('flock', [lock, 'cat'], { reject: false })
  await put('more.json', slice('IPv6', 'node-1'))
  await expect.poll(bothStatuses, eventually).toEqual([503, 503])
  expect(await healthOf(`${port}/healthz`)).toMatchObject({ nodeEligible: true, healthy: false })
  expect(await ask('127.0.0.1:32100')).toMatchObject({
    status: 503,
    body: expect.stringContaining('"localEndpoints": 1,\n\t"serviceProxyHealthy": false'),
  })
  holder.kill()
  await holder
  await expect.poll(bothStatuses, eventually).toEqual([200, 200])
  expect(await statusOf('127.0.0.1:32100')).toBe(200)
}, 120_000)

test('the health check of a Service opens, changes, follows its endpoints and closes, in each family', async () => {
  await put('cluster.json', web(32_100), slice('IPv4', 'node-1', 'node-2'))
  await start().line(programmed('IPv6'))
  await expectPair(32_100, [200, 503])
  await put('cluster.json', web(32_100), slice('IPv4', 'node-2'), slice('IPv6', 'node-1'))
  await expectPair(32_100, [503, 200])
  await put('cluster.json', web(32_101), slice('IPv4', 'node-1'), slice('IPv6', 'node-1'))
  await expectPair(32_101, [200, 200])
  expect(await pair(32_100)).toEqual([undefined, undefined])
  await put('cluster.json', web(32_101, { clusterIPs: ['10.96.7.21'], ipFamilies: ['IPv4'] }), slice('IPv4', 'node-1'))
  await expectPair(32_101, [200, undefined])
  const six = { clusterIP: '2001:db8:96::21', clusterIPs: ['2001:db8:96::21'], ipFamilies: ['IPv6'] }
  await put('cluster.json', web(32_101, six), slice('IPv6', 'node-1'))
  await expectPair(32_101, [undefined, 200])
  await put('cluster.json', web(32_101, { externalTrafficPolicy: 'Cluster' }), slice('IPv4', 'node-1'))
  await expectPair(32_101, [undefined, undefined])
}, 60_000)

test('it is served at the addresses of node ports alone; one that is taken is warned of, and tried again', async () => {
  await node.namespace.run('ip', ['address', 'add', '192.0.2.7/32', 'dev', 'lo'])
  await put('cluster.json', web(32_100), slice('IPv4', 'node-1'))
  const listen = `require('net').createServer().listen(32100, '192.0.2.7', () => console.log('there'))`
  const other = spawn('ip', ['netns', 'exec', node.namespace.name, process.execPath, '-e', listen])
  await once(other.stdout, 'data')
  const agent = start('--nodeport-addresses', '192.0.2.0/24,127.0.0.0/8', '--iptables-sync-period', '1s')
  expect(await agent.line(({ level }) => level === 'warn')).toMatchObject({
    service: 'shop/web',
    msg: expect.stringMatching(
      /^The health check of Service shop\/web is not served: Cannot serve HTTP at 192\.0\.2\.7 port 32100: listen EADDRINUSE/,
    ),
  })
  expect(await statusOf('127.0.0.1:32100')).toBe(200)
  other.kill()
  await once(other, 'exit')
  await expect.poll(() => statusOf('192.0.2.7:32100'), eventually).toBe(200)
  await node.namespace.run('ip', ['address', 'add', '192.0.2.8/32', 'dev', 'lo'])
  await expect.poll(() => statusOf('192.0.2.8:32100'), eventually).toBe(200)
  await node.namespace.run('ip', ['address', 'add', '198.51.100.8/32', 'dev', 'lo'])
  await put('more.json', slice('IPv6'))
  expect(await statusOf('198.51.100.8:32100')).toBeUndefined()
}, 60_000)

test('while one agent takes over from another, somebody answers at every moment', async () => {
  await put('cluster.json', web(32_100), slice('IPv4', 'node-1'), slice('IPv6', 'node-1'))
  const old = start()
  await old.line(programmed('IPv6'))
  await expect.poll(() => statusOf('[::1]:32100'), eventually).toBe(200)
  const script = `import { askHttp } from '${resolve('test/support/http-ask.ts')}'
    process.stdin.on('end', () => process.exit()).resume()
    const seen = {}
    process.on('exit', () => console.log(JSON.stringify(seen)))
    for (;;) for (const at of ['127.0.0.1:32100', '[::1]:32100', '${port}/livez']) {
      const status = await askHttp('http://' + at).then((reply) => reply.status, (error) => error.message)
      seen[status] = (seen[status] ?? 0) + 1
      if (seen[200] === 1) console.log('asking')
    }`
  const client = spawn('ip', [
    'netns',
    'exec',
    node.namespace.name,
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ])
  let printed = ''
  client.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  await expect.poll(() => printed, eventually).toContain('asking')
  const next = start()
  await next.line(programmed('IPv6'))
  await expect
    .poll(async () => (await node.namespace.run('ss', ['-Hltn'])).match(/\[::\]:32100/g)?.length, eventually)
    .toBe(2)
  await old.end('SIGTERM')
  await expect.poll(() => statusOf('[::1]:32100'), eventually).toBe(200)
  client.stdin.end()
  await once(client, 'exit')
  // The kernel resets what waits at a socket that closes (tcp_migrate_req); there are three, and one client.
  const { '200': answered, 'read ECONNRESET': reset = 0, ...rest } = JSON.parse(printed.trim().split('\n').at(-1) ?? '')
  expect({ reset, rest }).toEqual({ reset: expect.toSatisfy((count) => Number(count) <= 3), rest: {} })
  expect(answered).toBeGreaterThan(100)
}, 60_000)

test('with --bind-address-hard-fail an address that is taken ends the start', async () => {
  await put('cluster.json', web(32_100))
  const listen = `require('net').createServer().listen(10256, () => console.log('there'))`
  const other = spawn('ip', ['netns', 'exec', node.namespace.name, process.execPath, '-e', listen])
  await once(other.stdout, 'data')
  const args = ['run', '-f', node.directory, '--no-dns', '--bind-address-hard-fail']
  const { exitCode, stderr } = await execa(
    'ip',
    ['netns', 'exec', node.namespace.name, process.execPath, resolve('src/main.ts'), ...args],
    { reject: false },
  )
  expect(exitCode).toBe(2)
  expect(stderr).toContain('Cannot serve HTTP at every address port 10256: listen EADDRINUSE')
  const agent = start()
  expect((await agent.line(({ level }) => level === 'warn'))['msg']).toContain(
    'Cannot serve HTTP at every address port 10256',
  )
  await agent.line(programmed('IPv6'))
  other.kill()
  await once(other, 'exit')
  await expect.poll(() => statusOf(`${port}/healthz`), eventually).toBe(200)
}, 60_000)

test('who programs no rules does not answer for whoever does', async () => {
  await put('cluster.json', web(32_100), slice('IPv4', 'node-1'))
  const dry = start('--dry-run')
  await dry.line(({ msg }) => msg === 'would program')
  expect((await ask('127.0.0.1:10249/healthz'))?.body).toBe('ok')
  expect(await statusesOf(`${port}/livez`, '127.0.0.1:32100')).toEqual([undefined, undefined])
}, 60_000)
