import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { execa } from 'execa'
import { header } from '../config/support.ts'
import { programmed, type LogLine } from '../support/agent.ts'
import { testNode } from '../support/test-node.ts'
import { requireKernelTools } from './requirements.ts'

const node = testNode()
let config: string

// Each test starts the program once or twice.
vi.setConfig({ testTimeout: 20_000 })

beforeAll(requireKernelTools)

beforeEach(async () => {
  config = join(node.directory, 'kube-proxy.conf')
  await node.put('three-pods')
})

const start = (...args: readonly string[]) => node.start(['--no-dns', ...args])
/** Runs to the end. */
const run = (args: readonly string[], before: readonly string[] = []) => {
  const command = [
    ...before,
    process.execPath,
    resolve('src/main.ts'),
    'run',
    '-f',
    node.directory,
    '--no-dns',
    ...args,
  ]
  return execa('ip', ['netns', 'exec', node.namespace.name, ...command], { reject: false })
}

/** Sets and ends; the messages of its log. */
const initOnly = async () => {
  const args = ['--init-only', '--conntrack-tcp-be-liberal', '--conntrack-udp-timeout=1s', '--oom-score-adj=500']
  const { exitCode, stderr } = await run(args)
  expect(exitCode).toBe(0)
  return stderr.split('\n').map((line): unknown => JSON.parse(line).msg)
}

const names = [
  'tcp_timeout_established',
  'tcp_timeout_close_wait',
  'tcp_be_liberal',
  'udp_timeout',
  'udp_timeout_stream',
]
const files = names.map((name) => `/proc/sys/net/netfilter/nf_conntrack_${name}`)
const inNamespace = async () => (await node.namespace.run('cat', files)).trim().split('\n').map(Number)
const onHost = () => files.map((file) => Number(readFileSync(file, 'utf8')))
/** Of a namespace that is new. */
const kernelDefaults = [432_000, 60, 0, 30, 120]

test('--config sets the timeouts of this namespace, tells what it may not set, and programs all the same', async () => {
  const host = onHost()
  // A limit that must be raised, which only the first namespace may do.
  const limit = Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8')) + 1
  await writeFile(
    config,
    `${header}hostnameOverride: node-1\nportRange: 1-2\nconntrack: {maxPerCore: 1, min: ${limit}, tcpBeLiberal: true, udpTimeout: 40s, udpStreamTimeout: 2m30s}\n`,
  )
  const running = start('--config', config, '--conntrack-tcp-timeout-close-wait=30m')
  expect(await running.line(({ msg }) => String(msg).startsWith('no effect'))).toMatchObject({
    level: 'info',
    msg: 'no effect: portRange (kube-proxy makes no use of it either)',
  })
  expect(await running.line(({ level }) => level === 'error')).toMatchObject({
    msg: `Cannot set sysctl net/netfilter/nf_conntrack_max from ${limit - 1} to ${limit}: permission denied; conntrack.maxPerCore: 0 leaves it alone`,
  })
  expect(await running.line(({ sysctl }) => sysctl !== undefined)).toMatchObject({
    msg: 'set',
    sysctl: 'net/netfilter/nf_conntrack_tcp_timeout_established',
    value: '86400',
  })
  await running.line(programmed('IPv6'))
  expect(await inNamespace()).toEqual([86_400, 1_800, 1, 40, 150])
  expect(await node.namespace.run('iptables-save', ['-t', 'nat'])).toContain('KUBE-SVC-7MAVMYXEWSWTZO74')
  expect(onHost()).toEqual(host)
})

test.each([
  ['nothing asks for it', []],
  ['--no-proxy leaves the kernel alone', ['--no-proxy', '--conntrack-udp-timeout=40s', '--init-only']],
])('where %s, nothing is set', async (_, args) => {
  const running = start(...args)
  await (args.length === 0 ? running.line(programmed('IPv6')) : running.line(({ msg }) => msg === 'starting'))
  await running.end('SIGTERM')
  expect(await inNamespace()).toEqual(kernelDefaults)
})

test('--dry-run tells what would be set', async () => {
  await writeFile(config, header)
  const running = start('--dry-run', '--config', config, '--conntrack-udp-timeout', '40s')
  const told: string[] = []
  await running.line((line) => {
    const { msg, sysctl = 'oom_score_adj', value, oomScoreAdj = value } = line
    if (msg === 'would set') told.push(`${String(sysctl)} ${String(oomScoreAdj)}`)
    return msg === 'would program'
  })
  expect(told).toEqual([
    'net/netfilter/nf_conntrack_tcp_timeout_established 86400',
    'net/netfilter/nf_conntrack_tcp_timeout_close_wait 3600',
    'net/netfilter/nf_conntrack_udp_timeout 40',
    'oom_score_adj -999',
  ])
  expect(await inNamespace()).toEqual(kernelDefaults)
})

test('--init-only sets, ends, and finds nothing to set when it comes again; it programs no rule', async () => {
  expect(await initOnly()).toEqual(['starting', 'set', 'set'])
  expect(await inNamespace()).toEqual([432_000, 60, 1, 1, 120])
  expect(await initOnly()).toEqual(['starting'])
  expect(await node.namespace.run('iptables-save', [])).not.toContain('KUBE-')
})

test('the agent may be ended before or after others when memory runs out', async () => {
  const running = start('--oom-score-adj=500')
  await running.line(({ oomScoreAdj, msg }) => oomScoreAdj === 500 && msg === 'set')
  expect(readFileSync(`/proc/${running.pid}/oom_score_adj`, 'utf8')).toBe('500\n')
})

test('without the right to lower it, that is one warning', async () => {
  const { exitCode, stderr } = await run(
    ['-f', 'nowhere', '--oom-score-adj', '-1000'],
    ['setpriv', '--bounding-set', '-sys_resource'],
  )
  // It ends because it cannot read what it shall follow.
  expect(exitCode).toBe(2)
  expect(
    stderr
      .split('\n')
      .filter((line) => line.includes('oom_score_adj'))
      .map((line): LogLine => JSON.parse(line)),
  ).toMatchObject([
    { level: 'warn', msg: 'Cannot set oom_score_adj to -1000: permission denied; it needs CAP_SYS_RESOURCE' },
  ])
})
