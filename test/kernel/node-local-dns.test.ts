import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  answering,
  clusterIps,
  command,
  dig,
  endAgents,
  foreign,
  foreignTable,
  fromNode,
  fromService,
  isOurs,
  linkLocal,
  links,
  node,
  ours,
  pathWithoutIptables,
  programmed,
  putUsual,
  repaired,
  restOf,
  setUp,
  startAgent,
  tearDown,
  tracked,
} from './node-local-lab.ts'

beforeAll(setUp, 30_000)
afterAll(tearDown)
beforeEach(putUsual)
afterEach(endAgents)

/** How the node keeps packets: the tool, what it takes to run the agent with it, and how to look at it. */
const tools = ['iptables-nft', 'iptables-legacy', 'nftables'] as const

describe.each(tools)('with %s', (tool) => {
  let proxyArgs: readonly string[] = []
  let env: Readonly<Record<string, string>> = {}
  const start = (...args: readonly string[]) => startAgent([...proxyArgs, ...args], env)

  beforeAll(async () => {
    if (tool === 'nftables') {
      proxyArgs = ['--no-proxy']
      env = { PATH: await pathWithoutIptables() }
      await node('nft', ['-f', '-'], foreignTable)
    } else {
      // What the kubelet leaves tells which variant the host uses.
      await node(tool, ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
      await node(tool, ['-t', 'raw', '-A', 'PREROUTING', '-p', 'udp', '--dport', '4789', '-j', 'NOTRACK'])
      await node(tool, ['-A', 'INPUT', '-s', '203.0.113.99/32', '-j', 'DROP'])
    }
  })
  afterAll(async () => {
    if (tool === 'nftables') return node('nft', ['flush', 'ruleset'])
    await node(tool, ['-t', 'mangle', '-X', 'KUBE-IPTABLES-HINT'])
    await node(tool, ['-t', 'raw', '-F', 'PREROUTING'])
    return node(tool, ['-F', 'INPUT'])
  })

  test('queries are answered here, untracked; before the start and after the end by the Service', async () => {
    const before = await foreign()
    const usual = start()
    await usual.line((line) => line['msg'] === 'answering DNS')
    if (tool !== 'nftables') await usual.line(programmed('IPv6'))
    await node('conntrack', ['-F'])
    expect(await dig('backend1', clusterIps.IPv4)).toEqual(fromService)
    expect(await dig('backend1', clusterIps.IPv6)).toEqual(fromService)
    // So that an empty list means something.
    expect((await tracked()).length).toBeGreaterThan(0)
    await usual.end('SIGTERM')

    const running = start('--node-local-dns')
    expect(await running.line(answering)).toMatchObject({
      addresses: [linkLocal, clusterIps.IPv4, clusterIps.IPv6],
      interface: 'pointsman-dns',
      rules: tool,
    })
    await node('conntrack', ['-F'])
    for (const place of ['backend1', 'node'] as const) {
      for (const address of [linkLocal, clusterIps.IPv4, clusterIps.IPv6]) {
        expect(await dig(place, address), `${place} UDP ${address}`).toEqual(fromNode)
        expect(await dig(place, address, '+tcp'), `${place} TCP ${address}`).toEqual(fromNode)
      }
    }
    expect(await tracked()).toEqual([])

    expect(await running.end('SIGTERM')).toBe(0)
    expect(await dig('backend1', clusterIps.IPv4)).toEqual(fromService)
    expect(await dig('backend1', clusterIps.IPv6, '+tcp')).toEqual(fromService)
    expect(await links()).not.toContain('pointsman-dns')
    expect(await ours()).toEqual([])
    await command('cleanup')
    expect(await foreign()).toEqual(before)
  })

  test('what an agent that was killed has left is taken over as it is', async () => {
    const first = start('--node-local-dns')
    await first.line(answering)
    const [rules, link] = [await ours(), (await links()).find(isOurs)]
    await first.end('SIGKILL')
    expect(await ours()).toEqual(rules)

    const second = start('--node-local-dns')
    await second.line(answering)
    expect(await ours()).toEqual(rules)
    expect((await links()).find(isOurs)).toBe(link)
    expect(await dig('backend1', clusterIps.IPv4)).toEqual(fromNode)
    await second.end('SIGTERM')
    expect(await ours()).toEqual([])
  })

  test('cleanup removes what an agent that was killed has left, and nothing of others', async () => {
    const before = await foreign()
    const running = start('--node-local-dns')
    await running.line(answering)
    await running.end('SIGKILL')
    const { exitCode, stdout } = await command('cleanup')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('Removed the interface pointsman-dns.\n')
    expect(stdout).toContain(
      tool === 'nftables' ? 'Removed our tables from nftables.\n' : `Removed our IPv4 chains and jumps from ${tool}.\n`,
    )
    expect([await foreign(), await ours(), (await links()).filter(isOurs)]).toEqual([before, [], []])
  })

  test('what somebody else takes away is repaired; until then nothing is said', { timeout: 90_000 }, async () => {
    const running = start('--node-local-dns', '--iptables-sync-period', '1s')
    await running.line(answering)
    const rules = await ours()
    const damages: readonly (() => Promise<unknown>)[] = [
      () => node('ip', ['link', 'delete', 'pointsman-dns']),
      () => node('ip', ['address', 'delete', `${clusterIps.IPv6}/128`, 'dev', 'pointsman-dns']),
      () => node('ip', ['link', 'set', 'pointsman-dns', 'down']),
      tool === 'nftables'
        ? () => node('nft', ['flush', 'chain', 'ip', 'pointsman-dns', 'output'])
        : () => node(tool, ['-t', 'raw', '-F', 'POINTSMAN-DNS-OUT']),
      tool === 'nftables'
        ? () => node('nft', ['delete', 'table', 'ip6', 'pointsman-dns'])
        : () => node(tool, ['-F', 'INPUT']),
    ]
    for (const [i, damage] of damages.entries()) {
      await damage()
      // The log counts what it has said a moment ago.
      if (i === 0) await running.line(repaired)
      await expect.poll(ours, { timeout: 10_000 }).toEqual(rules)
      for (const address of [linkLocal, clusterIps.IPv4, clusterIps.IPv6]) {
        await expect.poll(() => dig('backend1', address), { timeout: 10_000 }).toEqual(fromNode)
      }
    }
    await running.end('SIGTERM')
    const rest = await restOf(running)
    expect(rest.filter((line) => String(line['msg']).includes('DNS of this node: repaired')).length).toBeLessThan(2)
    if (tool !== 'nftables') await node(tool, ['-A', 'INPUT', '-s', '203.0.113.99/32', '-j', 'DROP'])
  })
})
