import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { header } from '../config/support.ts'
import { programmed } from '../support/agent.ts'
import { saying } from '../support/dns-node.ts'
import { pointsman } from '../support/command-line.ts'
import { testNode } from '../support/test-node.ts'
import { requireKernelTools } from './requirements.ts'

vi.setConfig({ testTimeout: 120_000 })
beforeAll(requireKernelTools)

const node = testNode()
const rules = async () => (await node.namespace.run('iptables-save', ['-t', 'nat'])).replaceAll(/^#.*$/gm, '')

const nodeObject = (podCidr: string, address = '192.0.2.7') => `apiVersion: v1
kind: Node
metadata: {name: node-1}
spec: {podCIDRs: [${podCidr}]}
status: {addresses: [{type: InternalIP, address: ${address}}]}
`

const putNode = async (text: string): Promise<void> => {
  await writeFile(join(node.directory, 'next'), text)
  await rename(join(node.directory, 'next'), join(node.directory, 'node.yaml'))
}

const dig = async (name: string) =>
  (await node.namespace.run('dig', ['@127.0.0.1', '-p', '5300', '+short', '+tries=1', name])).trim()

const messages = (stderr: string) =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Record<string, unknown> => JSON.parse(line))

describe('what ends the agent, so that its DaemonSet starts it anew', () => {
  let config: string
  beforeEach(async () => {
    await node.put('three-pods')
    config = join(node.directory, '..', `${node.namespace.name}-config`)
    await mkdir(config)
  })
  afterEach(() => rm(config, { recursive: true }))

  /** What the file says from now on, as the kubelet exchanges a ConfigMap. */
  const mount = async (version: string, text: string): Promise<void> => {
    await mkdir(join(config, version))
    await writeFile(join(config, version, 'config.conf'), text)
    await symlink(version, join(config, 'next'))
    await rename(join(config, 'next'), join(config, '..data'))
    if (version === '1') await symlink('..data/config.conf', join(config, 'config.conf'))
  }

  test('another configuration does, with exit code 1; the same in other words, and a broken one, do not; the rules stay', async () => {
    await mount('1', `${header}hostnameOverride: node-1\nconntrack: {maxPerCore: 0}\n`)
    const agent = node.start(['--no-dns', '--config', join(config, 'config.conf')])
    await agent.line(programmed('IPv6'))
    const before = await rules()
    await mount('2', `${header}hostnameOverride: node-1\nconntrack:\n  maxPerCore: 0 # as it is\n`)
    await mount('3', `${header}hostnameOverride: node-1\nconntrak: {}\n`)
    expect(await agent.line(({ level }) => level === 'error')).toMatchObject({
      msg: expect.stringMatching(
        /config.conf changed and cannot be used, what it said at the start stays in force: .*conntrak: unknown field; did you mean conntrack\?$/,
      ),
    })
    await mount('4', `${header}hostnameOverride: node-1\nconntrack: {maxPerCore: 0}\niptables: {masqueradeAll: true}\n`)
    const { msg, level } = await agent.line(saying('stopping'))
    expect({ msg, level }).toEqual({
      level: 'warn',
      msg: `${config}/config.conf says something else than at the start; stopping, so that a new start takes it over; the rules stay`,
    })
    expect(await agent.ended).toBe(1)
    expect(await rules()).toBe(before)
  })

  test('other pod networks do where rules are made by them; not the first, no other address, and not that the Node is deleted', async () => {
    const agent = node.start(['--no-dns', '--node', 'node-1', '--detect-local-mode', 'NodeCIDR'])
    await agent.line(programmed('IPv6'))
    await putNode(nodeObject('10.244.1.0/24'))
    await agent.line(programmed('IPv4'))
    expect(await rules()).toContain('! -s 10.244.1.0/24')
    await putNode(nodeObject('10.244.1.0/24', '192.0.2.8'))
    expect(await agent.line(saying('the addresses of this node changed'))).toMatchObject({
      from: '192.0.2.7',
      to: '192.0.2.8',
    })
    await rm(join(node.directory, 'node.yaml'))
    await agent.line(saying('Node node-1 is deleted; the rules and answers of this node stay as they are'))
    const before = await rules()
    expect(before).toContain('! -s 10.244.1.0/24')
    await putNode(nodeObject('10.244.9.0/24'))
    expect(await agent.line(saying('stopping'))).toMatchObject({
      msg: 'The pod networks of Node node-1 changed from 10.244.1.0/24 to 10.244.9.0/24, which the rules are made by; stopping, so that a new start takes it over; the rules stay',
    })
    expect(await agent.ended).toBe(1)
    expect(await rules()).toBe(before)
  })
})

describe('--dns-after-rules', () => {
  test('while the kernel takes no rules, a new Service is not answered, a removed one is no longer, and all others are', async () => {
    await node.namespace.run('ip', ['link', 'set', 'lo', 'up'])
    await node.namespace.run('iptables-legacy', ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
    await node.put('three-pods')
    await node.put('node-port', 'web.yaml')
    const lock = join(node.directory, 'lock')
    const agent = node.start(['--node', 'node-1', '--dns-after-rules', '--dns-listen', '127.0.0.1:5300'], {
      XTABLES_LOCKFILE: lock,
    })
    await agent.line(saying('answering DNS'))
    expect(await dig('web.shop.svc.cluster.local')).toBe('10.96.7.21')
    const holder = execa('flock', [lock, 'cat'], { reject: false })
    await expect
      .poll(() => execa('flock', ['-n', lock, 'true'], { reject: false }).then(({ exitCode }) => exitCode))
      .toBe(1)
    await node.put('two-ports', 'more.yaml')
    await rm(join(node.directory, 'web.yaml'))
    await agent.line(({ level }) => level === 'error')
    expect(await dig('cart.shop.svc.cluster.local')).toBe('')
    expect(await dig('web.shop.svc.cluster.local')).toBe('')
    expect(await node.namespace.run('iptables-legacy-save', ['-t', 'nat'])).toContain('shop/web:http cluster IP')
    expect(await dig('http-server-demo-dev.cloudnative.svc.cluster.local')).toBe('10.98.140.123')
    holder.kill()
    await holder
    await agent.line(programmed('IPv4'))
    await expect.poll(() => dig('cart.shop.svc.cluster.local')).toBe('10.96.7.20')
  })

  test.each(['--no-proxy', '--no-dns'])('it cannot go with %s', async (other) => {
    const { exitCode, stderr } = await pointsman(['run', '-f', node.directory, '--dns-after-rules', other])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: `--dns-after-rules has names wait for rules, so it cannot go with ${other}\n`,
    })
  })
})

/** Runs to its end with NET_ADMIN alone, where /proc/sys cannot be written, as a container has it. */
const confined = (args: readonly string[]) => {
  const inside = `mount --bind -o ro /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec setpriv --bounding-set -all,+net_admin,+net_raw "$@"`
  const command = [
    process.execPath,
    join(process.cwd(), 'src/main.ts'),
    'run',
    '-f',
    node.directory,
    '--no-dns',
    '--node',
    'node-1',
    ...args,
  ]
  return execa(
    'ip',
    ['netns', 'exec', node.namespace.name, 'unshare', '--mount', 'sh', '-c', inside, 'sh', ...command],
    { reject: false, timeout: 30_000, killSignal: 'SIGKILL' },
  )
}

describe('--init-only', () => {
  const wanted = ['--conntrack-udp-timeout=41s', '--iptables-localhost-nodeports']

  test('does what needs privileges; then nothing has to be written where nothing may be', async () => {
    await node.put('three-pods')
    const first = await pointsman(['run', '-f', node.directory, '--init-only', ...wanted], {
      namespace: node.namespace.name,
    })
    expect(first.exitCode).toBe(0)
    const read = (name: string) => node.namespace.run('cat', [`/proc/sys/${name}`])
    expect(await read('net/ipv4/conf/all/route_localnet')).toBe('1\n')
    expect(await read('net/netfilter/nf_conntrack_udp_timeout')).toBe('41\n')
    // The guard of loopback came first, and no rule of a Service.
    const saved = await node.namespace.run('iptables-save', [])
    expect(saved).toContain('block incoming localnet connections')
    expect(saved).not.toContain('KUBE-SVC')
    const second = await confined(['--init-only', ...wanted])
    expect(messages(second.stderr).filter(({ level }) => level !== 'info')).toEqual([])
    expect(second.exitCode).toBe(0)
  })

  test('what is wrong and may not be written is one sentence with sysctl, present and wanted value', async () => {
    await node.put('three-pods')
    const { stderr } = await confined(['--init-only', '--conntrack-udp-timeout=41s'])
    expect(messages(stderr).filter(({ level }) => level === 'error')).toMatchObject([
      {
        msg: 'Cannot set sysctl net/netfilter/nf_conntrack_udp_timeout from 30 to 41: read-only file system; conntrack.udpTimeout: 0s leaves it alone',
      },
    ])
  })
})

test('the log in text, for people, without what a name could do to a terminal', async () => {
  await node.put('three-pods')
  const agent = execa(
    'ip',
    [
      'netns',
      'exec',
      node.namespace.name,
      process.execPath,
      'src/main.ts',
      'run',
      '-f',
      node.directory,
      '--no-dns',
      '--node',
      'node-1',
      '--logging-format=text',
    ],
    { reject: false, timeout: 30_000 },
  )
  const seen: string[] = []
  for await (const line of agent.iterable({ from: 'stderr' })) {
    seen.push(line)
    if (seen.filter((one) => one.includes('"programmed"')).length === 2) agent.kill('SIGTERM')
  }
  for (const line of seen) expect(line).toMatch(/^[IWE]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ pointsman] "[^\n]*$/)
  expect(seen.find((line) => line.includes('IPv6'))).toMatch(
    / pointsman] "programmed" family="IPv6" kind="full" services=\d+ bytes=\d+ /,
  )
  expect(await readFile('docs/operations.md', 'utf8')).toContain('pointsman] "programmed" family="IPv6" kind="full"')
})
