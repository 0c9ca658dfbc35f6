import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runAgent, type RunningAgent } from '../support/agent.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'
import type { TcpOutcome } from './tcp-clients.ts'

/** How long clients ask, in seconds. */
const seconds = 20

/** How often at least a new agent takes the port over meanwhile, however slow the machine is. */
const handOvers = 3

let namespace: Namespace
let directory: string
const agents: RunningAgent[] = []

beforeEach(async () => {
  namespace = await createNamespace()
  await namespace.run('ip', ['link', 'set', 'lo', 'up'])
  directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  await copyFile('rulesets/clusters/two-ports.yaml', join(directory, 'cluster.yaml'))
})

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.end('SIGKILL')
  await namespace[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

async function startAgent(workers: number): Promise<RunningAgent> {
  const listen = ['--dns-listen', '127.0.0.1:5300', '--dns-workers', String(workers)]
  const agent = runAgent(namespace, ['-f', directory, '--node', 'node-1', '--no-proxy', ...listen])
  agents.push(agent)
  await agent.line(({ msg }) => msg === 'answering DNS')
  return agent
}

/** Agents that follow one another, each ended when the next answers, while clients ask. Returns what the clients print. */
async function handOver(clients: readonly string[]): Promise<string> {
  let agent = await startAgent(1)
  const child = spawn('ip', ['netns', 'exec', namespace.name, ...clients], { stdio: ['ignore', 'pipe', 'inherit'] })
  const printed = text(child.stdout)
  let followed = 0
  try {
    for (; child.exitCode === null; followed++) {
      // One thread, then several, and so on: they share the port too.
      const next = await startAgent(followed % 2 === 0 ? 3 : 1)
      expect(await agent.end('SIGTERM')).toBe(0)
      agent = next
    }
  } finally {
    child.kill()
  }
  // The last may have been when the clients had ended.
  expect(followed - 1).toBeGreaterThanOrEqual(handOvers)
  return printed
}

const figure = (report: string, name: string) => Number(new RegExp(`${name}: +(\\d+)`).exec(report)?.[1])

test(
  'at 5,000 UDP queries a second no query is lost when one agent follows another',
  { timeout: 120_000 },
  async () => {
    const names = join(directory, 'names.txt')
    await writeFile(names, 'cart.shop.svc.cluster.local A\nmissing.shop.svc.cluster.local A\n')
    const clients = ['-c', '20', '-Q', '5000', '-l', String(seconds)]
    const report = await handOver(['dnsperf', '-s', '127.0.0.1', '-p', '5300', '-d', names, ...clients])
    expect(report).toContain('Queries lost:         0 (0.00%)')
    expect(figure(report, 'Queries completed')).toBe(figure(report, 'Queries sent'))
    expect(figure(report, 'Queries sent')).toBeGreaterThan(5000)
  },
)

test(
  'no TCP query is lost where the kernel hands on the connections that nobody has accepted',
  {
    timeout: 120_000,
  },
  async () => {
    await namespace.run('sysctl', ['-w', 'net.ipv4.tcp_migrate_req=1'])
    const clients = [process.execPath, resolve('test/kernel/tcp-clients.ts'), '5300', '8', String(seconds)]
    const { answered, failures }: TcpOutcome = JSON.parse(await handOver(clients))
    expect(failures).toEqual([])
    expect(answered).toBeGreaterThan(1000)
  },
)
