import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { programmed } from '../support/agent.ts'
import { pointsman } from '../support/command-line.ts'
import { testNode } from '../support/test-node.ts'

// What `run` sets up in the kernel besides rules: a sysctl and counters.

const node = testNode()

beforeEach(() => node.put('node-port'))

const start = (...args: readonly string[]) => node.start(['--no-dns', ...args])
const command = (...args: readonly string[]) => pointsman(args, { namespace: node.namespace.name })
const localhost = '--iptables-localhost-nodeports'
const sysctl = (name: string) => node.namespace.run('cat', [`/proc/sys/net/${name}`])
const setSysctl = (name: string, value: string) => node.namespace.run('tee', [`/proc/sys/net/${name}`], value)
const routeLocalnet = 'ipv4/conf/all/route_localnet'
const liberal = 'netfilter/nf_conntrack_tcp_be_liberal'
const filter = () => node.namespace.run('iptables-save', ['-t', 'filter'])
const said = (msg: string) => (line: Readonly<Record<string, unknown>>) => line['msg'] === msg

test('run makes localhost node ports work and counts; diff knows; cleanup leaves the guard alone, and says so', async () => {
  const running = start(localhost)
  await running.line(said('set sysctl net/ipv4/conf/all/route_localnet to 1'))
  await running.line(programmed('IPv6'))
  expect(await sysctl(routeLocalnet)).toBe('1\n')
  expect(await filter()).toContain('--nfacct-name  ct_state_invalid_dropped_pkts -j DROP')
  expect(await command('diff', '-f', node.directory, localhost)).toMatchObject({ exitCode: 0, stdout: '' })
  const without = await command('diff', '-f', node.directory)
  expect(without.stdout).toMatch(/^\+ .*--dst-type LOCAL ! -d 127\.0\.0\.0\/8 -j KUBE-NODEPORTS$/m)
  expect(without.stdout).not.toContain('KUBE-FIREWALL')
  await running.end('SIGTERM')

  const kept =
    'The chain KUBE-FIREWALL stays in iptables-nft with its jumps: it keeps neighbours from 127.0.0.1 while the sysctl net/ipv4/conf/all/route_localnet is 1, and the kubelet may need it.\n'
  const { exitCode, stdout } = await command('cleanup')
  expect(exitCode).toBe(0)
  expect(stdout).toContain(kept)
  expect(stdout).toContain('Removed our counters ct_state_invalid_dropped_pkts and localhost_nps_accepted_pkts.\n')
  expect(await filter()).toContain('-A KUBE-FIREWALL ')
  expect(await node.namespace.run('nfacct', ['list'])).toBe('')
  expect((await command('cleanup')).stdout).toBe(kept)
}, 30_000)

test('unless asked for, and in a dry run, the kernel is as it was', async () => {
  const dry = start(localhost, '--dry-run')
  await dry.line(said('would set sysctl net/ipv4/conf/all/route_localnet to 1'))
  await dry.line((line) => line['msg'] === 'would program' && line['family'] === 'IPv6')
  expect(dry.printed()).toContain('-I KUBE-FIREWALL -m comment --comment "block incoming localnet connections"')
  expect(await node.namespace.run('nfacct', ['list'])).toBe('')
  expect(await sysctl(routeLocalnet)).toBe('0\n')
  await dry.end('SIGTERM')

  const usual = start()
  await usual.line(programmed('IPv6'))
  expect(await sysctl(routeLocalnet)).toBe('0\n')
  expect(await filter()).not.toContain('KUBE-FIREWALL')
  await usual.end('SIGTERM')
  expect((await command('cleanup')).stdout).not.toContain('KUBE-FIREWALL')
}, 30_000)

test('the guard stands before the sysctl is set, also when nothing comes after', async () => {
  await writeFile(join(node.directory, 'bad.yaml'), 'kind: [')
  const { exitCode } = await command('run', '-f', node.directory, '--no-dns', localhost)
  expect(exitCode).toBe(2)
  expect(await sysctl(routeLocalnet)).toBe('1\n')
  const rules = (await filter()).split('\n').filter((line) => line.startsWith('-A'))
  expect(rules).toEqual([
    '-A INPUT -j KUBE-FIREWALL',
    '-A OUTPUT -j KUBE-FIREWALL',
    expect.stringMatching(/^-A KUBE-FIREWALL .* -j DROP$/),
  ])
}, 20_000)

test('where conntrack is liberal at the start, what it cannot place is let through', async () => {
  await setSysctl(liberal, '1')
  const running = start()
  await running.line(programmed('IPv6'))
  expect(await filter()).not.toContain('INVALID')
  expect(await command('diff', '-f', node.directory)).toMatchObject({ exitCode: 0, stdout: '' })
  await setSysctl(liberal, '0')
  const { exitCode, stdout } = await command('diff', '-f', node.directory, '--family', 'ipv4')
  expect(exitCode).toBe(1)
  expect(stdout).toBe(
    'Not of one Service: a rule is missing in filter KUBE-FORWARD\n' +
      '@@ iptables-ipv4.rules filter KUBE-FORWARD\n' +
      '+ -A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP\n' +
      '\nOnly what is not of one Service differs; 1 line to add, 0 to remove\n',
  )
}, 20_000)
