import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { addressOf } from '../../src/host/lab/addresses.ts'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import { hostMachine } from '../../src/host/lab/machine.ts'
import { listNamespaces } from '../../src/host/lab/namespaces.ts'
import { isRunning } from '../../src/host/lab/running.ts'
import { requireTools } from '../../src/host/lab/tools.ts'
import { families } from '../../src/net/family.ts'
import { requireKernelTools, variants } from './requirements.ts'

// Its own prefix, so that no other suite removes what these tests leave behind on purpose.
const options = { prefix: 'pointsman-labtest', backends: 2, families, destroyOnSignals: false }

describe('a network lab', () => {
  let lab: Lab | undefined

  beforeAll(requireKernelTools)

  afterEach(async () => {
    await lab?.destroy()
    lab = undefined
  })

  test('leaves the host as it was, while it is there and after', async () => {
    const before = await hostNetwork()
    lab = await createLab(options)
    for (const variant of variants) await lab.exec('node', `iptables-${variant}`, ['-t', 'nat', '-N', 'LAB'])
    expect(await hostNetwork()).toEqual(before)
    await lab.destroy()
    expect(await hostNetwork()).toEqual(before)
    expect(await listNamespaces(hostMachine, lab.name)).toEqual([])
  })

  test('joins every place to every other through the node', async () => {
    lab = await createLab(options)
    await lab.serve('backend1', { name: 'backend1', tcp: [8080], udp: [8080] })
    for (const family of families) {
      const to = { address: addressOf('backend1', family), port: 8080, count: 2 }
      for (const from of ['node', 'client', 'backend2'] as const) {
        expect(await lab.connect(from, { ...to, protocol: 'tcp' })).toMatchObject({
          servers: { backend1: 2 },
          clients: { [addressOf(from, family)]: 2 },
        })
      }
    }
  })

  test('tells refused, unanswered and unreachable attempts apart', async () => {
    lab = await createLab(options)
    await lab.exec('backend2', 'iptables-nft', ['-A', 'INPUT', '-p', 'tcp', '--dport', '8080', '-j', 'DROP'])
    await lab.exec('node', 'ip', ['route', 'add', 'prohibit', '198.51.100.1'])
    const backend2 = addressOf('backend2', 'IPv4')
    const attempts = { protocol: 'tcp', count: 1, timeout: 100 } as const
    const none = { servers: {}, clients: {}, refused: 0, timeouts: 0, errors: {} }
    const closed = await lab.connect('client', { ...attempts, address: backend2, port: 8081 })
    expect(closed).toMatchObject({ ...none, refused: 1 })
    const dropped = await lab.connect('client', { ...attempts, address: backend2, port: 8080 })
    expect(dropped).toMatchObject({ ...none, timeouts: 1 })
    const prohibited = await lab.connect('node', { ...attempts, address: '198.51.100.1', port: 80 })
    expect(prohibited).toMatchObject({ ...none, errors: { EACCES: 1 } })
  })

  test('connects from the source address that it is told', async () => {
    lab = await createLab(options)
    await lab.exec('client', 'ip', ['address', 'add', '203.0.113.99/32', 'dev', 'eth0'])
    await lab.serve('backend1', { name: 'backend1', tcp: [8080], udp: [8080] })
    const to = { address: addressOf('backend1', 'IPv4'), port: 8080, source: '203.0.113.99', count: 1 }
    for (const protocol of ['tcp', 'udp'] as const) {
      expect((await lab.connect('client', { ...to, protocol })).clients).toEqual({ '203.0.113.99': 1 })
    }
  })

  test('makes many kinds of connections at once, and tells who answered whom', async () => {
    lab = await createLab(options)
    const second = '10.244.1.99'
    await lab.exec('backend2', 'ip', ['address', 'add', `${second}/32`, 'dev', 'eth0'])
    await lab.exec('node', 'ip', ['route', 'add', `${second}/32`, 'dev', 'backend2'])
    await lab.serve('backend1', { name: 'one', tcp: [8080] })
    // A datagram is answered from where it went only by a server that listens there and nowhere else.
    await lab.serve('backend2', { name: 'two', hosts: [second], udp: [8080] })
    const pace = { concurrency: 2, timeout: 2000, count: 4 }
    const [tcp, udp, none] = await lab.connectAll('client', [
      { ...pace, protocol: 'tcp', address: addressOf('backend1', 'IPv4'), port: 8080 },
      { ...pace, protocol: 'udp', address: second, port: 8080 },
      { ...pace, protocol: 'udp', address: addressOf('backend2', 'IPv4'), port: 8080, count: 1 },
    ])
    const client = addressOf('client', 'IPv4')
    expect(tcp).toMatchObject({ servers: { one: 4 }, seenBy: { one: { [client]: 4 } } })
    expect(udp).toMatchObject({ servers: { two: 4 }, seenBy: { two: { [client]: 4 } } })
    expect(none).toMatchObject({ servers: {}, seenBy: {}, refused: 1 })
  })

  test('ends the processes that it started, also one that does not want to', async () => {
    lab = await createLab(options)
    const polite = lab.spawn('client', 'sleep', ['600'])
    const stubborn = lab.spawn('client', 'sh', ['-c', 'trap "" TERM; echo ready; sleep 600 & wait; wait'])
    await once(stubborn.stdout, 'data')
    await lab.destroy()
    expect([polite.signalCode, stubborn.signalCode]).toEqual(['SIGTERM', 'SIGKILL'])
  })

  test('can be destroyed twice', async () => {
    lab = await createLab(options)
    await lab.destroy()
    await expect(lab.destroy()).resolves.toBeUndefined()
  })

  test('that could not be made is removed again', async () => {
    // A name is a file name, of at most 255 characters: that of the node still fits, that of the client does not.
    const prefix = options.prefix.padEnd(255 - `-${process.pid}-0000-node`.length, '-')
    await expect(createLab({ ...options, prefix })).rejects.toThrow('Cannot set up network namespaces')
    expect(await listNamespaces(hostMachine, prefix)).toEqual([])
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is removed when its owner gets %s', async (signal) => {
    const { owner, name, pid } = await startOwner()
    expect(await listNamespaces(hostMachine, name)).toHaveLength(3)
    owner.kill(signal)
    // npx passes on the signal that the terminal has already sent.
    owner.kill(signal)
    expect(await once(owner, 'exit')).toEqual([null, signal])
    expect(await listNamespaces(hostMachine, name)).toEqual([])
    expect(isRunning(pid)).toBe(false)
  })

  test('of a killed owner is removed by the next lab; that of a living one is not', async () => {
    const [killed, alive] = [await startOwner(), await startOwner()]
    killed.owner.kill('SIGKILL')
    await once(killed.owner, 'exit')
    expect(await listNamespaces(hostMachine, killed.name)).toHaveLength(3)
    lab = await createLab(options)
    expect(await listNamespaces(hostMachine, killed.name)).toEqual([])
    await vi.waitFor(() => expect(isRunning(killed.pid)).toBe(false))
    expect(await listNamespaces(hostMachine, alive.name)).toHaveLength(3)
  })

  test('names the tool that is missing and its Debian package', () => {
    expect(() => requireTools([{ command: 'ip', debianPackage: 'iproute2' }], '/nowhere:/tmp')).toThrow(
      'Cannot find the command "ip" in PATH: install the Debian package iproute2',
    )
  })
})

interface Owner {
  readonly owner: ChildProcess
  readonly name: string
  readonly pid: number
}

async function startOwner(): Promise<Owner> {
  const script = join(import.meta.dirname, 'lab-owner.ts')
  const owner = spawn(process.execPath, [script, options.prefix], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    if (owner.kill('SIGTERM')) await once(owner, 'exit')
  })
  for await (const line of createInterface({ input: owner.stdout })) {
    const made: Omit<Owner, 'owner'> = JSON.parse(line)
    return { owner, ...made }
  }
  throw new Error('Cannot test labs: the owner of one ended without a word')
}

/** What this machine's own network is made of, without counters, times and lifetimes. */
async function hostNetwork(): Promise<readonly string[]> {
  const commands = [
    ['ip', '-brief', 'link'],
    ['ip', '-brief', 'address'],
    ['ip', 'route', 'show', 'table', 'all'],
    ['ip', '-6', 'route', 'show', 'table', 'all'],
    ['ip', 'rule'],
    ['cat', '/proc/sys/net/ipv4/conf/all/forwarding', '/proc/sys/net/ipv6/conf/all/forwarding'],
    ...variants.flatMap((variant) => [[`iptables-${variant}-save`], [`ip6tables-${variant}-save`]]),
  ]
  const outputs = await Promise.all(commands.map(([command = '', ...args]) => execa(command, args)))
  return outputs.map(({ stdout }) => stdout.replaceAll(/^#.*$|\[\d+:\d+\]|expires \d+sec/gm, ''))
}
