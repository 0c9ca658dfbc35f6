import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DriftReporter } from '../../src/agent/drift-reporter.ts'
import { FamilyPrograms } from '../../src/agent/family-programs.ts'
import { iptablesBackend } from '../../src/agent/iptables-backend.ts'
import { iptablesTool, RestoreRefused, type IptablesTool } from '../../src/agent/iptables-tool.ts'
import { ProxyMetrics } from '../../src/agent/proxy-metrics.ts'
import { CommandError } from '../../src/host/command.ts'
import { families, type Family } from '../../src/net/family.ts'
import { wholeText } from '../../src/xtables/restore-document.ts'
import { clusterOfObjects, parseObjects } from '../support/cluster.ts'
import { createNamespace } from '../support/namespace.ts'
import { udpServiceObjects } from '../support/udp-service.ts'
import { observerOf } from '../support/sync-observer.ts'

const path = process.env['PATH'] ?? ''
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  // A PATH where conntrack is not, or is what a test puts there.
  vi.stubEnv('PATH', directory)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

/** Programs of both families for a service in each, on a kernel that takes everything; and what they log. */
function start({ dryRun = false, only }: { dryRun?: boolean; only?: Family } = {}) {
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const services = [
    { name: 'dns', clusterIp: '10.96.0.10', endpoints: ['10.244.1.1'] },
    { name: 'dns-ipv6', clusterIp: '2001:db8:96::10', endpoints: ['2001:db8:244::1'] },
  ]
  const store = clusterOfObjects(services.flatMap(udpServiceObjects))
  const kernel = {
    save: async () => '',
    saveLines: vi.fn<IptablesTool['saveLines']>(async () => undefined),
    restore: vi.fn<IptablesTool['restore']>(async () => undefined),
    hasCanary: async () => true,
  }
  const metrics = new ProxyMetrics(
    () => programs.figures,
    () => 0,
  )
  const ruleset = {
    nodeName: 'here',
    masqueradeAll: false,
    localDetection: { mode: 'NodeCIDR' },
    nodePortNetworks: [],
  } as const
  const programs: FamilyPrograms = new FamilyPrograms(
    store,
    families
      .filter((family) => family === (only ?? family))
      .map((family) => iptablesBackend(ruleset, { family, tool: kernel, blockLines: 1000, dryRun })),
    30_000,
    log,
    observerOf(metrics),
    new DriftReporter(metrics.registry, 'here', log),
  )
  const logged = (level: number) => lines.filter((line) => line['level'] === level).map(({ msg }) => msg)
  return { programs, store, kernel, metrics, lines, warnings: () => logged(40), errors: () => logged(50) }
}

/** Puts a program in the place of conntrack that notes how it was called. */
async function fakeConntrack(script: string): Promise<() => Promise<readonly string[]>> {
  const file = join(directory, 'conntrack')
  await writeFile(file, `#!/bin/sh\necho "$@" >> ${directory}/calls\n${script}\n`)
  await chmod(file, 0o755)
  return async () => (await readFile(join(directory, 'calls'), 'utf8')).trimEnd().split('\n')
}

test('a missing conntrack is one warning, and the rules go on', async () => {
  const { programs, kernel, warnings, errors } = start()
  await programs.sync(undefined, false)
  await programs.sync(undefined, true)
  programs.touch(new Set(['kube-system/dns']), [])
  await programs.sync(undefined, true)
  expect(warnings()).toEqual([
    `Cannot run conntrack: it is not installed, or not in PATH (${directory}). ` +
      'Without it, UDP clients go on talking to endpoints that are gone.',
  ])
  expect(errors()).toEqual([])
  expect(kernel.restore).toHaveBeenCalledTimes(2)
})

test('a failure is an error in the log, does not fail the sync, and is tried again only at a check', async () => {
  const calls = await fakeConntrack('echo "Operation failed: boom" >&2; exit 1')
  const { programs, errors } = start()
  await programs.sync(undefined, false)
  const once = ['-L -p udp -f ipv4 --orig-dst 10.96.0.10', '-L -p udp -f ipv6 --orig-dst 2001:db8:96::10']
  expect(errors()).toEqual([
    `Cannot remove stale IPv4 UDP flows: "conntrack ${once[0]}" failed with exit code 1: Operation failed: boom`,
    `Cannot remove stale IPv6 UDP flows: "conntrack ${once[1]}" failed with exit code 1: Operation failed: boom`,
  ])
  await programs.sync(undefined, false)
  expect(await calls()).toEqual(once)
  await programs.sync(undefined, true)
  expect(await calls()).toEqual([...once, ...once])
})

test('rules that failed leave the flows alone; when they are in, every service is looked at', async () => {
  const calls = await fakeConntrack('')
  const { programs, kernel } = start()
  await programs.sync(undefined, false)
  programs.touch(new Set(['kube-system/dns']), [])
  await programs.sync(undefined, false)
  expect(await calls()).toHaveLength(2)
  const check = vi.spyOn(kernel, 'saveLines').mockRejectedValue(new Error('busy'))
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000)
  await expect(programs.sync(undefined, true)).rejects.toThrow('IPv4: busy; IPv6: busy')
  expect(await calls()).toHaveLength(2)
  clock.mockRestore()
  check.mockRestore()
  await programs.sync(undefined, false)
  expect(await calls()).toHaveLength(4)
})

test('when others had changed our rules, every service is looked at', async () => {
  const calls = await fakeConntrack('')
  // This kernel has lost everything whenever it is read.
  const { programs } = start()
  await programs.sync(undefined, false)
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000)
  await programs.sync(undefined, true)
  clock.mockRestore()
  expect(await calls()).toHaveLength(4)
})

test.each([
  { readMs: 100, how: 'at every check', want: [1, 2, 3, 4] },
  { readMs: 1000, how: 'for a hundredth of the time', want: [0, 0, 0, 1] },
])('a kernel that takes $readMs ms to read is read back $how', async ({ readMs, want }) => {
  const clock = vi.spyOn(performance, 'now')
  const { programs, kernel } = start({ only: 'IPv4' })
  kernel.saveLines.mockImplementation(async () => {
    clock.mockReturnValue(performance.now() + readMs)
  })
  try {
    clock.mockReturnValue(0)
    await programs.sync(undefined, false)
    kernel.saveLines.mockClear()
    const read: number[] = []
    for (const seconds of [30, 60, 90, 120]) {
      clock.mockReturnValue(seconds * 1000)
      await programs.sync(undefined, true)
      read.push(kernel.saveLines.mock.calls.length)
    }
    expect(read).toEqual(want)
  } finally {
    clock.mockRestore()
  }
})

test('a service that leaves quarantine is looked at again: its old rules have made flows meanwhile', async () => {
  const calls = await fakeConntrack('')
  vi.stubEnv('PATH', `${directory}:${path}`)
  await using namespace = await createNamespace()
  const ipv4 = iptablesTool(namespace.run, 'IPv4', 'nft')
  const { programs, store, kernel } = start({ only: 'IPv4' })
  kernel.saveLines.mockImplementation((onLine) => ipv4.saveLines(onLine))
  kernel.restore.mockImplementation((document) => ipv4.restore(document))
  await programs.sync(undefined, false)
  const moved = udpServiceObjects({ name: 'dns', clusterIp: '10.96.0.10', endpoints: ['10.244.1.2'] })
  programs.touch(new Set(parseObjects(moved).flatMap((object) => store.put(object))), [])
  kernel.restore.mockImplementation((document) => {
    if (wholeText(document).includes('10.244.1.2')) throw new RestoreRefused(new CommandError('no', false), [])
    return ipv4.restore(document)
  })
  await programs.sync(undefined, false)
  expect(programs.figures[0]?.quarantined).toBe(1)
  const before = (await calls()).length
  kernel.restore.mockImplementation((document) => ipv4.restore(document))
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000)
  await programs.sync(undefined, true)
  clock.mockRestore()
  expect(programs.figures[0]?.quarantined).toBe(0)
  expect((await calls()).slice(before)).toEqual(['-L -p udp -f ipv4 --orig-dst 10.96.0.10'])
})

/** The lines that speak of flows. */
function flowLines(lines: readonly Record<string, unknown>[]) {
  return lines
    .filter(({ msg }) => String(msg).includes('flows'))
    .map(({ msg, family, removed }) => ({ msg, family, removed }))
}

test('what was removed is one line for each family; a dry run says what would be', async () => {
  const flow = 'udp 17 9 src=9.9.9.9 dst=10.96.0.10 sport=9 dport=53 src=8.8.8.8 dst=9.9.9.9 sport=8 dport=9 mark=0'
  const calls = await fakeConntrack(`echo "${flow}"`)
  const deletions = async () => (await calls()).filter((call) => call.startsWith('-D'))
  const real = start()
  await real.programs.sync(undefined, false)
  expect(flowLines(real.lines)).toEqual([{ msg: 'removed stale UDP flows', family: 'IPv4', removed: 1 }])
  const deletion = '-D -p udp -f ipv4 --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 8.8.8.8 --reply-port-src 8'
  expect(await deletions()).toEqual([deletion])
  const counted = await real.metrics.registry.metrics()
  expect(counted).toContain('kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv4"} 1\n')
  expect(counted).toContain('kubeproxy_conntrack_reconciler_sync_duration_seconds_count{ip_family="IPv4"} 1\n')
  const dry = start({ dryRun: true })
  await dry.programs.sync(undefined, false)
  expect(flowLines(dry.lines)).toEqual([{ msg: 'would remove stale UDP flows', family: 'IPv4', removed: 1 }])
  expect(await deletions()).toEqual([deletion])
})

test('a dry run prints its rules once: what was never written is not taken for changed by others', async () => {
  const { programs, kernel, metrics, warnings } = start({ dryRun: true })
  const clock = vi.spyOn(performance, 'now')
  await programs.sync(undefined, false)
  const printed = kernel.restore.mock.calls.length
  clock.mockReturnValue(performance.now() + 60_000)
  await programs.sync(undefined, true)
  clock.mockRestore()
  expect(kernel.restore).toHaveBeenCalledTimes(printed)
  expect(warnings().filter((line) => !String(line).includes('conntrack'))).toEqual([])
  expect(await metrics.registry.metrics()).not.toMatch(/^pointsman_repaired_total{/m)
})
