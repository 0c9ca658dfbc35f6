import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunningAgent } from '../support/agent.ts'
import {
  answering,
  cartName,
  clusterIps,
  command,
  dig,
  directory,
  endAgents,
  fromNode,
  fromService,
  isOurs,
  lab,
  linkLocal,
  links,
  metrics,
  node,
  occupy,
  ours,
  programmed,
  put,
  putUsual,
  repaired,
  setUp,
  startAgent,
  tearDown,
} from './node-local-lab.ts'

beforeAll(setUp, 30_000)
afterAll(tearDown)
beforeEach(putUsual)
afterEach(endAgents)

describe('one agent after the other', () => {
  const takenOver = 'another pointsman takes care of the DNS of this node now; this one answers until it ends'

  test('the second takes over; the first ends, and all stays for the second, which removes it', async () => {
    const first = start('--dns-listen', '127.0.0.1:53', '--iptables-sync-period', '1s')
    await first.line(answering)
    const rules = await ours()
    const second = start('--dns-listen', '127.0.0.2:53')
    await second.line(answering)
    await first.line((line) => line['msg'] === takenOver)
    expect(await first.end('SIGTERM')).toBe(0)
    expect([await ours(), (await links()).filter(isOurs).length]).toEqual([rules, 1])
    expect(await answers()).toEqual(fromNode)
    expect(await second.end('SIGTERM')).toBe(0)
    expect([await ours(), (await links()).filter(isOurs)]).toEqual([[], []])
  })

  test('the second ends first: the first takes care again, and removes all when it ends', async () => {
    const first = start('--dns-listen', '127.0.0.1:53', '--iptables-sync-period', '1s')
    await first.line(answering)
    const rules = await ours()
    const second = start('--dns-listen', '127.0.0.2:53')
    await second.line(answering)
    await second.end('SIGTERM')
    await expect.poll(ours, { timeout: 10_000 }).toEqual(rules)
    expect(await answers()).toEqual(fromNode)
    await first.end('SIGTERM')
    expect([await ours(), (await links()).filter(isOurs)]).toEqual([[], []])
  })

  test('the second is killed, and the first, which does not take care any more, still removes all', async () => {
    const first = start('--dns-listen', '127.0.0.1:53')
    await first.line(answering)
    const second = start('--dns-listen', '127.0.0.2:53')
    await second.line(answering)
    await second.end('SIGKILL')
    expect(await answers()).toEqual(fromNode)
    await first.end('SIGTERM')
    expect([await ours(), (await links()).filter(isOurs)]).toEqual([[], []])
  })

  test('both end at once, and nothing stays', async () => {
    const first = start('--dns-listen', '127.0.0.1:53')
    await first.line(answering)
    const second = start('--dns-listen', '127.0.0.2:53')
    await second.line(answering)
    await Promise.all([first.end('SIGTERM'), second.end('SIGTERM')])
    expect([await ours(), (await links()).filter(isOurs)]).toEqual([[], []])
  })

  test('a start that fails removes what a killed agent has left, and not what a living one has', async () => {
    const first = start('--dns-listen', '127.0.0.1:53')
    await first.line(answering)
    const rules = await ours()
    const failing = ['run', '-f', '/nonexistent', '--no-proxy', '--node-local-dns', '--metrics-port', '0']
    expect((await command(...failing)).exitCode).toBe(2)
    expect(await ours()).toEqual(rules)
    await first.end('SIGKILL')
    expect((await command(...failing)).exitCode).toBe(2)
    expect([await ours(), (await links()).filter(isOurs)]).toEqual([[], []])
    expect(await answers().catch(() => [])).not.toEqual(fromNode)
  })
})

test('when the cluster IP changes, address and rules follow, and no query to another address is lost', async () => {
  const running = start()
  await running.line(answering)
  const queries = join(directory, 'queries')
  await writeFile(queries, `${cartName} A\n`)
  const load = lab.exec('backend1', 'dnsperf', ['-s', linkLocal, '-d', queries, '-l', '4', '-Q', '500', '-t', '1'])
  for (const last of ['11', '12', '13']) {
    await put('node', { cart: '10.96.7.20', dns: [`10.96.0.${last}`] })
    expect(await running.line(answering)).toMatchObject({ addresses: [linkLocal, `10.96.0.${last}`] })
    expect(await dig('backend1', `10.96.0.${last}`)).toEqual(fromNode)
  }
  expect(await load).toMatch(/Queries lost: +0 \(/)
  const addresses = await node('ip', ['-oneline', 'address', 'show', 'dev', 'pointsman-dns'])
  expect([...addresses.matchAll(/inet6? (\S+)/g)].map((match) => match[1] ?? '')).toEqual([
    '169.254.20.10/32',
    '10.96.0.13/32',
  ])
  expect((await ours()).join('\n')).not.toMatch(/10\.96\.0\.1[012]|2001:db8/)
})

test('no query is lost while an agent takes the address, or gives it back', async () => {
  const usual = startAgent(['--dns-listen', '127.0.0.1:53'])
  await usual.line(programmed('IPv6'))
  const queries = join(directory, 'queries')
  await writeFile(queries, `${cartName} A\n`)
  const load = lab.exec('backend1', 'dnsperf', [
    '-s',
    clusterIps.IPv4,
    '-d',
    queries,
    '-l',
    '7',
    '-Q',
    '500',
    '-t',
    '1',
  ])
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    expect(await dig('backend1', clusterIps.IPv4)).toEqual(fromService)
    const running = start('--dns-listen', '127.0.0.2:53')
    await running.line(answering)
    expect(await dig('backend1', clusterIps.IPv4)).toEqual(fromNode)
    await running.end(signal)
  }
  expect(await dig('backend1', clusterIps.IPv4)).toEqual(fromService)
  expect(await load).toMatch(/Queries lost: +0 \(/)
})

test('another port of the Service leads to its endpoints, for pods and for the node', async () => {
  const server = await lab.serve('backend2', { name: 'backend2', tcp: [metrics] })
  const running = startAgent(['--node-local-dns'])
  await running.line(programmed('IPv6'))
  for (const place of ['backend1', 'node'] as const) {
    for (const address of Object.values(clusterIps)) {
      const summary = await lab.connect(place, { address, port: metrics, protocol: 'tcp', count: 2, timeout: 2000 })
      expect(summary, `${place} ${address}`).toMatchObject({ servers: { backend2: 2 } })
    }
  }
  await server.stop()
})

test('a host that lets nothing in lets queries in', async () => {
  const running = start()
  await running.line(answering)
  await node('iptables-nft', ['-P', 'INPUT', 'DROP'])
  try {
    expect(await dig('backend1', linkLocal)).toEqual(fromNode)
    expect(await dig('backend1', linkLocal, '+tcp')).toEqual(fromNode)
  } finally {
    await node('iptables-nft', ['-P', 'INPUT', 'ACCEPT'])
  }
})

describe('what fails is one sentence, and the Service answers', () => {
  test('another process listens on an address; the other addresses are answered here', async () => {
    const address = clusterIps.IPv4
    await node('ip', ['address', 'add', `${address}/32`, 'dev', 'lo'])
    const other = await occupy(address)
    const running = startAgent(['--node-local-dns', '--iptables-sync-period', '1s'])
    expect(await running.line(answering)).toMatchObject({ addresses: [linkLocal, clusterIps.IPv6] })
    const { msg } = await running.line((line) => line['level'] === 'error')
    expect(msg).toBe(
      `Cannot listen for DNS on ${address} port 53: another process already listens there; "ss -lunpt" shows which; queries go where they went before`,
    )
    expect((await ours()).join('\n')).not.toContain(address)
    expect(await dig('backend1', linkLocal)).toEqual(fromNode)
    await running.line(programmed('IPv6'))
    expect(await dig('backend1', address)).toEqual(fromService)

    // Each look at the kernel tries again, and has nothing to say.
    await node('ip', ['link', 'set', 'pointsman-dns', 'down'])
    await running.line(repaired)
    expect(await dig('backend1', address)).toEqual(fromService)
    other.kill()
    expect(await running.line(({ level, msg: said }) => level !== 'debug' && said !== 'answering DNS')).toMatchObject({
      addresses: [linkLocal, clusterIps.IPv4, clusterIps.IPv6],
    })
    expect(await dig('backend1', address)).toEqual(fromNode)
    await node('ip', ['address', 'delete', `${address}/32`, 'dev', 'lo'])
  })

  test('the name of the interface is taken', async () => {
    await node('ip', ['link', 'add', 'pointsman-dns', 'type', 'bridge'])
    const running = startAgent(['--node-local-dns'])
    const { msg } = await running.line((line) => line['level'] === 'error')
    expect(msg).toBe(
      'Cannot use the interface pointsman-dns: it is not ours (its alias does not say so); "ip link delete pointsman-dns" removes it; queries go where they went before',
    )
    await running.line(programmed('IPv6'))
    expect(await dig('backend1', clusterIps.IPv4)).toEqual(fromService)
    await running.end('SIGTERM')
    await command('cleanup')
    expect((await links()).filter(isOurs).length).toBe(1)
    await node('ip', ['link', 'delete', 'pointsman-dns'])
  })

  test.each([
    {
      name: 'no rights',
      said: 'Operation not permitted',
      want: 'Cannot make the interface pointsman-dns: that needs root or the capability NET_ADMIN',
    },
    {
      name: 'neither dummy interfaces nor bridges',
      said: 'Error: Unknown device type.',
      want: 'Cannot make the interface pointsman-dns: the kernel has no dummy interfaces (module dummy), and no bridges either',
    },
  ])('$name', async ({ said, want }) => {
    const bin = await mkdtemp(join(directory, 'bin-'))
    const ip = `case "$*" in *batch*) echo "${said}" >&2; exit 2;; esac\nexec /usr/sbin/ip "$@"`
    await writeFile(join(bin, 'ip'), `#!/bin/sh\n${ip}\n`, { mode: 0o755 })
    const running = startAgent(['--no-proxy', '--node-local-dns'], { PATH: `${bin}:${process.env['PATH'] ?? ''}` })
    const { msg } = await running.line((line) => line['level'] === 'error')
    expect(msg).toBe(`${want}; queries go where they went before`)
    expect(await ours()).toEqual([])
  })
})

test('--dry-run prints the interface and the rules, and makes neither', async () => {
  const running = start('--dry-run')
  await running.line((line) => line['msg'] === 'would answer DNS on this node')
  expect(running.printed()).toContain('# node-local-dns.ip\nlink add name pointsman-dns type dummy\n')
  expect(running.printed()).toContain('address replace 169.254.20.10/32 dev pointsman-dns scope host\n')
  expect(running.printed()).toContain('# node-local-dns-ipv6.rules\n*filter\n:POINTSMAN-DNS-IN - [0:0]\n')
  await running.end('SIGTERM')
  expect([await ours(), (await links()).filter(isOurs)]).toEqual([[], []])
})

test.each([
  { args: ['--no-dns', '--node-local-dns'], want: '--node-local-dns answers DNS, so it cannot go with --no-dns' },
  {
    args: ['--mode', 'ipvs', '--node-local-dns'],
    want: 'with --mode ipvs name the link-local address alone: --node-local-dns 169.254.20.10',
  },
  { args: ['--node-local-dns', '127.0.0.1'], want: 'expected unicast addresses with commas between them' },
  { args: ['--node-local-dns', '10.96.0.10,fe80::1'], want: 'got "fe80::1"' },
])('run $args is refused', async ({ args, want }) => {
  const { exitCode, stderr } = await command('run', '-f', directory, ...args)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(want)
})

function answers(): Promise<readonly string[]> {
  return dig('backend1', clusterIps.IPv6)
}

/** An agent that leaves the Services to another proxy. */
function start(...args: readonly string[]): RunningAgent {
  return startAgent(['--no-proxy', '--node-local-dns', ...args])
}
