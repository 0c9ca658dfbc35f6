import { randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { beforeEach, describe, expect, test } from 'vitest'
import { benchObjects } from '../../bench/cluster.ts'
import { programmed } from '../support/agent.ts'
import { pointsman } from '../support/command-line.ts'
import { type Namespace } from '../support/namespace.ts'
import { testNode } from '../support/test-node.ts'

const usual = ['--node', 'node-1', '--cluster-cidr', '10.244.0.0/16,2001:db8:244::/48']
const foreign = `*nat
:CNI-HOSTPORT - [0:0]
-A PREROUTING -m comment --comment "of others" -j CNI-HOSTPORT
-A CNI-HOSTPORT -p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.244.1.7:80
-A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE
COMMIT
*filter
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
COMMIT
`

describe.each(['nft', 'legacy'] as const)('iptables-%s', (variant) => {
  const node = testNode()
  const { put } = node
  beforeEach(async () => {
    // As the kubelet marks the variant of a host.
    await node.namespace.run(`iptables-${variant}`, ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
    await node.namespace.run(`iptables-${variant}-restore`, ['--noflush'], foreign)
  })

  const start = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    node.start(['--no-dns', ...usual, ...args], env)
  const differences = () => pointsman(['diff', '-f', node.directory, ...usual], { namespace: node.namespace.name })
  const foreignRules = async () => {
    const saved = await node.namespace.run(`iptables-${variant}-save`, [])
    return saved.split('\n').filter((line) => line.startsWith('-A') && !line.includes('KUBE-'))
  }

  test('SIGKILL at random moments of churn: the next start completes the rules, and no foreign one has changed', async () => {
    const before = await foreignRules()
    await put('three-pods', 'cluster.yaml')
    const moments = Array.from({ length: 5 }, () => randomInt(60))
    for (const [i, moment] of moments.entries()) {
      const running = start()
      // The first is killed during its full sync, the others during an update.
      if (i > 0) {
        await running.line(programmed('IPv6'))
        await put(i % 2 === 0 ? 'protocols' : 'node-port', 'more.yaml')
      } else {
        await running.line(({ msg }) => msg === 'starting')
      }
      await delay(moment)
      await running.end('SIGKILL')
    }
    await start().line(programmed('IPv6'))
    const { exitCode, stdout } = await differences()
    expect({ moments, exitCode, stdout }).toEqual({ moments, exitCode: 0, stdout: '' })
    expect(await foreignRules()).toEqual(before)
  }, 60_000)

  test('iptables-restore killed midway: the next sync completes what it has left', async () => {
    const items = benchObjects(20, 500)
    await writeFile(join(node.directory, 'large.json'), JSON.stringify({ kind: 'List', items }))
    const running = start()
    const command = `iptables-${variant}-restore`
    await expect.poll(async () => killIn(node.namespace, command), { timeout: 20_000, interval: 2 }).toBe(true)
    const { msg } = await running.line(({ level }) => level === 'error')
    expect(msg).toMatch(
      /^Cannot sync: IPv4: "iptables-\w+-restore -w 5 --noflush --counters" failed with signal SIGKILL/,
    )
    // IPv6 was programmed before the error was told of.
    expect(await running.line(programmed('IPv4'))).toMatchObject({ kind: 'full' })
    expect((await differences()).exitCode).toBe(0)
  }, 60_000)
})

describe('iptables-legacy', () => {
  const node = testNode()

  test('while another process holds the xtables lock the old rules stay, and it is said why; then it goes on', async () => {
    await node.namespace.run('iptables-legacy', ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
    await node.put('three-pods')
    const lock = join(node.directory, 'lock')
    const agent = node.start(['--no-dns', ...usual], { XTABLES_LOCKFILE: lock })
    await agent.line(programmed('IPv6'))
    const holder = execa('flock', [lock, 'cat'], { reject: false })
    await expect
      .poll(() => execa('flock', ['-n', lock, 'true'], { reject: false }).then(({ exitCode }) => exitCode))
      .toBe(1)
    await node.put('two-ports', 'more.yaml')
    const { msg } = await agent.line(({ level }) => level === 'error')
    expect(msg).toContain('Another app is currently holding the xtables lock')
    const saved = await node.namespace.run('iptables-legacy-save', ['-t', 'nat'])
    expect(saved).toContain('KUBE-SVC-7MAVMYXEWSWTZO74')
    expect(saved).not.toContain('shop/cart')
    holder.kill()
    await holder
    expect(await agent.line(programmed('IPv4'))).toMatchObject({ kind: 'full' })
    expect(await node.namespace.run('iptables-legacy-save', ['-t', 'nat'])).toContain('shop/cart:http cluster IP')
  }, 60_000)
})

/** Kills the processes of a command in a namespace; tells whether there was one. */
async function killIn({ name }: Namespace, command: string): Promise<boolean> {
  const { stdout } = await execa('ip', ['netns', 'pids', name])
  const pids = stdout.split('\n').filter(Boolean).map(Number)
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  const found = pids.filter((_, i) => lines[i]?.split('\0')[0] === command)
  for (const pid of found) process.kill(pid, 'SIGKILL')
  return found.length > 0
}
