import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { RunningAgent } from '../support/agent.ts'
import { DnsNode, saying } from '../support/dns-node.ts'

let node: DnsNode

beforeAll(async () => {
  node = await DnsNode.create()
  await node.startResolver()
}, 60_000)

afterEach(() => node.killAgents())

afterAll(() => node[Symbol.asyncDispose]())

/** Everything that a query may pass; `more` makes it another Corefile. */
function corefile(more = ''): string {
  const plugins = [
    'errors',
    'ready',
    'health {\n lameduck 1s\n }',
    'kubernetes cluster.local in-addr.arpa ip6.arpa {\n pods insecure\n fallthrough in-addr.arpa ip6.arpa\n }',
    'prometheus :9153',
    'forward . 192.0.2.53 {\n max_concurrent 1000\n }',
    'cache 30',
    'loop',
    'loadbalance',
    more,
  ]
  return `.:53 {\n ${plugins.join('\n ')}\n}\n`
}

const manifests = ['-f', 'rulesets/clusters/external-name.yaml']
const figure = (report: string, name: string) => Number(new RegExp(`${name}: +(\\d+)`).exec(report)?.[1])

/** Asks 5,000 times a second while something happens; returns how often, and how often it happened. */
async function whileAsked(seconds: number, happen: (round: number) => Promise<void>): Promise<[string, number]> {
  const names = await node.write(
    'names.txt',
    ['cart.shop.svc.cluster.local', 'gone.shop.svc.cluster.local', 'www.example.com', 'gone.example.com']
      .map((name) => `${name} A\n`)
      .join(''),
  )
  const load = ['-s', '192.0.2.10', '-d', names, '-c', '20', '-Q', '5000', '-l', String(seconds), '-t', '8']
  const child = spawn('ip', ['netns', 'exec', node.here.name, 'dnsperf', ...load], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const report = text(child.stdout)
  let rounds = 0
  try {
    for (; child.exitCode === null; rounds++) await happen(rounds)
  } finally {
    child.kill()
  }
  return [await report, rounds]
}

function expectNoneLost(report: string): void {
  expect(report).toContain('Queries lost:         0 (0.00%)')
  expect(figure(report, 'Queries completed')).toBe(figure(report, 'Queries sent'))
  expect(figure(report, 'Queries sent')).toBeGreaterThan(5000)
  expect(report).not.toContain('SERVFAIL')
}

test(
  'at 5,000 queries a second none is lost while agents follow one another, and reload',
  { timeout: 120_000 },
  async () => {
    await node.write('Corefile', corefile())
    let agent = await node.start(...manifests, '--dns-workers', '2')
    const [report, followed] = await whileAsked(15, async (round) => {
      const next = await node.start(...manifests, '--dns-workers', String((round % 3) + 1))
      expect(await agent.end('SIGTERM')).toBe(0)
      agent = next
      await reload(agent, corefile(`bufsize ${1000 + round}`))
    })
    expectNoneLost(report)
    expect(followed).toBeGreaterThanOrEqual(3)
  },
)

/** Puts a Corefile in place and resolves when the agent answers by it. */
async function reload(agent: RunningAgent, content: string): Promise<void> {
  await node.write('Corefile', content)
  process.kill(agent.pid ?? 0, 'SIGUSR1')
  await agent.line(saying('Reloading complete'))
}

test('at 5,000 queries a second no reload loses one', { timeout: 60_000 }, async () => {
  await node.write('Corefile', corefile())
  const agent = await node.start(...manifests, '--dns-workers', '2')
  const [report, reloads] = await whileAsked(10, async (round) => {
    await reload(agent, corefile(round % 2 === 0 ? `bufsize ${1000 + round}` : `rewrite ttl regex (.*) ${round}`))
  })
  expectNoneLost(report)
  expect(reloads).toBeGreaterThanOrEqual(10)
})
