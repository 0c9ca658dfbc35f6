import { copyFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readExposition } from '../plugins/exposition.ts'
import { runAgent, type LogLine, type RunningAgent } from '../support/agent.ts'
import { pointsman } from '../support/command-line.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'

let namespace: Namespace
let directory: string
let agent: RunningAgent | undefined

beforeEach(async () => {
  namespace = await createNamespace()
  await namespace.run('ip', ['link', 'set', 'lo', 'up'])
  directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  await copyFile('rulesets/clusters/dual-stack.yaml', join(directory, 'cluster.yaml'))
})

afterEach(async () => {
  await agent?.end('SIGKILL')
  agent = undefined
  await namespace[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

const corefile = () => join(directory, 'Corefile')

/** Puts a Corefile in the place of the one before, in one step. */
async function write(...blocks: readonly string[]): Promise<void> {
  await writeFile(`${corefile()}.new`, blocks.map((text) => text.replaceAll('; ', '\n')).join('\n'))
  await rename(`${corefile()}.new`, corefile())
}

const options = () => ['-f', join(directory, 'cluster.yaml'), '--no-proxy', '--corefile', corefile()]

function start(...args: readonly string[]): RunningAgent {
  agent = runAgent(namespace, [...options(), ...args])
  return agent
}

const answering = (line: LogLine) => line['msg'] === 'answering DNS'
const saying = (text: string) => (line: LogLine) => String(line['msg']).includes(text)

/** `200 OK`; `refused` when nobody listens. */
function get(url: string): Promise<string> {
  const program = `fetch('http://${url}').then(async r => console.log(r.status, await r.text()), () => console.log('refused'))`
  return namespace.run(process.execPath, ['-e', program]).then((text) => text.trim())
}

/** Each answer as one line, from an address and port. */
function dig(at: string, port: number, name = 'cart.shop.svc.cluster.local'): Promise<string> {
  const args = [`@${at}`, '-p', String(port), '+short', '+tries=1', '+time=2', name]
  return namespace.run('dig', args).then((text) => text.trim())
}

test('a Corefile says where names, health, readiness and metrics are served', async () => {
  await write('cluster.local. x.example:54 {; kubernetes cluster.local; health; ready; prometheus; }')
  await namespace.run('ip', ['address', 'add', '192.0.2.1/24', 'dev', 'lo'])
  const running = start('--iptables-sync-period', '1s')
  const addresses = ['127.0.0.1', '192.0.2.1', '::1']
  expect(await running.line(answering)).toMatchObject({ zone: 'dns://cluster.local.:53', addresses })
  expect(await running.line(answering)).toMatchObject({ zone: 'dns://x.example.:54', addresses })
  expect(await Promise.all(addresses.map((at) => dig(at, 53)))).toEqual(['10.96.7.20', '10.96.7.20', '10.96.7.20'])
  expect(await get('192.0.2.1:8080/health')).toBe('200 OK')
  expect(await get('[::1]:8181/ready')).toBe('200 OK')
  expect(await get('192.0.2.1:9153/metrics')).toBe('refused')
  const { samples } = readExposition((await get('127.0.0.1:9153/metrics')).slice(4))
  const enabled = samples.filter(({ name }) => name === 'coredns_plugin_enabled').map(({ labels }) => labels['zone'])
  expect(enabled).toEqual(['cluster.local.', 'cluster.local.', 'x.example.', 'x.example.'])

  await namespace.run('ip', ['address', 'add', '192.0.2.2/24', 'dev', 'lo'])
  expect(await running.line(answering)).toMatchObject({ addresses: ['127.0.0.1', '192.0.2.1', '192.0.2.2', '::1'] })
  expect(await dig('192.0.2.2', 53)).toBe('10.96.7.20')
})

/** A block on this port, whose health is served on that one. */
function block(port: number, health: number): string {
  return `cluster.local:${port} {; kubernetes cluster.local; health 127.0.0.1:${health}; reload 2s 0; prometheus; }`
}

test('a reload loses no query, and a bad Corefile changes nothing', { timeout: 60_000 }, async () => {
  await write(block(5300, 8080))
  const running = start()
  await running.line(saying('Running configuration SHA512 = '))
  await writeFile(join(directory, 'queries'), 'cart.shop.svc.cluster.local A\n')
  const load = ['-s', '127.0.0.1', '-p', '5300', '-l', '7', '-Q', '2000', '-d', join(directory, 'queries')]
  const counts = namespace.run('dnsperf', load)

  await write('. {; whoami x; }')
  const { msg } = await running.line(saying('reload failed'))
  expect(msg).toBe(`Corefile changed but reload failed: ${corefile()}:2:8: whoami: expected nothing more, got "x"`)
  await write(block(5300, 8081), block(5301, 8082))
  await running.line(saying('Reloading complete'))
  expect(await get('127.0.0.1:8080/health')).toBe('refused')
  expect(await get('127.0.0.1:8081/health')).toBe('200 OK')
  expect(await dig('127.0.0.1', 5301)).toBe('10.96.7.20')
  await write(block(5300, 8081))
  process.kill(running.pid ?? 0, 'SIGUSR1')
  await running.line(saying('Reloading complete'))
  expect(await get('127.0.0.1:8082/health')).toBe('refused')
  expect(await get('127.0.0.1:9153/metrics')).toContain('\ncoredns_reload_failed_total 1\n')

  const text = await counts
  expect(Number(/Queries sent: +(\d+)/.exec(text)?.[1])).toBeGreaterThan(5000)
  expect(text).toMatch(/Queries lost: +0 /)
})

test('after SIGTERM names are answered, and followed, for as long as lameduck says', async () => {
  await write('cluster.local:5300 {; bind 127.0.0.1; kubernetes cluster.local; health {; lameduck 1m; }; ready; }')
  const running = start()
  await running.line(answering)
  expect(await get('127.0.0.1:8181/ready')).toBe('200 OK')
  const ended = running.end('SIGTERM')
  await running.line(saying('Going into lameduck mode for 60s'))
  expect(await get('127.0.0.1:8181/ready')).toBe('503 Shutting down')
  expect(await get('127.0.0.1:8080/health')).toBe('200 OK')
  expect(await dig('127.0.0.1', 5300)).toBe('10.96.7.20')
  await copyFile('rulesets/clusters/session-affinity.yaml', join(directory, 'new'))
  await rename(join(directory, 'new'), join(directory, 'cluster.yaml'))
  await expect.poll(() => dig('127.0.0.1', 5300, 'api.shop.svc.cluster.local'), { timeout: 10_000 }).not.toBe('')
  await running.end('SIGTERM')
  expect(await ended).toBe(0)
})

/** The exit code of a run and what it said. */
async function failure(...args: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await pointsman(['run', ...options(), ...args], { namespace: namespace.name })
  return `${exitCode} ${stderr.trim()}`
}

test('what a Corefile cannot mean ends the run before it starts', async () => {
  await write('. {; whoami x; }')
  expect(await failure()).toBe(`2 ${corefile()}:2:8: whoami: expected nothing more, got "x"`)
  await write('. {; bind lo; whoami; }')
  expect(await failure('--dns-listen', '127.0.0.1:5300')).toBe(
    '2 --dns-listen and bind in the Corefile both say where to listen; leave one of them out',
  )
  expect(await failure('--no-dns')).toBe('2 --corefile and --no-dns: leave one of them out')
  await write('.:5300 {; bind 192.0.2.99; whoami; }')
  expect(await failure()).toContain('\nCannot listen for DNS on 192.0.2.99 port 5300: no interface of this node')
})
