import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { DriftReporter } from '../../src/agent/drift-reporter.ts'
import { FamilyObservers } from '../../src/agent/family-observers.ts'
import { observedIptables } from '../../src/agent/observed-iptables.ts'
import { iptablesBackend } from '../../src/agent/iptables-backend.ts'
import { FamilyPrograms } from '../../src/agent/family-programs.ts'
import { blockLines, iptablesTool } from '../../src/agent/iptables-tool.ts'
import { ProxyMetrics } from '../../src/agent/proxy-metrics.ts'
import type { Happening } from '../../src/kube/event.ts'
import type { RunCommand } from '../../src/host/command.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { logged } from '../support/logged.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'
import { observerOf } from '../support/sync-observer.ts'

const variants = ['nft', 'legacy'] as const
const documents = parseAllDocuments(readFileSync('rulesets/clusters/two-ports.yaml', 'utf8'))

const options = {
  nodeName: 'node-1',
  masqueradeAll: false,
  localDetection: { mode: 'ClusterCIDR', networks: ['10.244.0.0/16'].flatMap((text) => parseCidr(text) ?? []) },
  nodePortNetworks: [],
} as const

/** Chains of the port http: its own, and that of the endpoint 10.244.1.9. */
const port = 'KUBE-SVC-I5LIAMPLWKMBJ54B'
const endpoint = 'KUBE-SEP-RTCCLJPEPT224DZ3'

/** What somebody does with iptables-restore --noflush, and what is said of it. */
const edits = [
  {
    name: 'a rule of a port removed',
    table: 'nat',
    lines: [`-D ${port} 2`],
    says: ['Service shop/cart, port http: endpoint 10.244.1.9:8080 added'],
    chains: [`nat ${port}`],
    services: ['shop/cart'],
    counts: { missing: 1, foreign: 0 },
    repaired: 1,
  },
  {
    name: 'a rule inserted in front of a Service',
    table: 'nat',
    lines: ['-I KUBE-SERVICES 1 -d 10.96.7.20/32 -j ACCEPT'],
    says: ['Not of one Service: a rule that is not ours stands in nat KUBE-SERVICES'],
    chains: ['nat KUBE-SERVICES'],
    services: [],
    counts: { missing: 0, foreign: 1 },
    repaired: 1,
  },
  {
    name: 'the chain of an endpoint flushed',
    table: 'nat',
    lines: [`-F ${endpoint}`],
    says: [`Service shop/cart, port http: empty chain ${endpoint}`],
    chains: [`nat ${endpoint}`],
    services: ['shop/cart'],
    counts: { missing: 2, foreign: 0 },
    repaired: 1,
  },
  {
    name: 'a jump removed',
    table: 'filter',
    lines: ['-D FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD'],
    says: ['Not of one Service: missing jump filter FORWARD to KUBE-FORWARD'],
    chains: ['filter FORWARD'],
    services: [],
    counts: { missing: 1, foreign: 0 },
    repaired: 1,
  },
  {
    name: 'a rule of somebody else in the chain of a port',
    table: 'nat',
    lines: [`-I ${port} 1 -s 203.0.113.9/32 -j RETURN`],
    says: [`Service shop/cart: a rule that is not ours stands in ${port}`],
    chains: [`nat ${port}`],
    services: ['shop/cart'],
    counts: { missing: 0, foreign: 1 },
    repaired: 1,
  },
  {
    name: 'the endpoint of a rule replaced',
    table: 'nat',
    lines: [
      `-R ${endpoint} 2 -p tcp -m comment --comment shop/cart:http -m tcp -j DNAT --to-destination 203.0.113.9:8080`,
    ],
    says: [
      'Service shop/cart, port http: endpoint 203.0.113.9:8080 removed, 10.244.1.9:8080 added',
      'Service shop/cart: other rules differ',
    ],
    chains: [`nat ${endpoint}`],
    services: ['shop/cart'],
    counts: { missing: 1, foreign: 1 },
    repaired: 1,
  },
] as const

type Edit = (typeof edits)[number]

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(variants)('iptables-%s', (variant) => {
  test.each(edits)('$name: told of once in the words of diff, and repaired', async (edit) => {
    await using node = await createNode(variant)
    const { programs, lines, told, scrape } = node.programs()
    await programs.sync(undefined, false)
    const right = await node.rules()
    await node.apply(edit)
    expect(await node.rules()).not.toBe(right)
    await nextPeriod(() => programs.sync(undefined, true))
    // Where our jumps stand among each other does not matter.
    expect(linesOf(await node.rules())).toEqual(linesOf(right))
    await nextPeriod(() => programs.sync(undefined, true))
    const { says, chains, services, counts, repaired } = edit
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        family: 'IPv4',
        repaired,
        bytes: expect.any(Number),
        services,
        chains,
        ...counts,
        says,
        lines: expect.arrayContaining([expect.stringMatching(/^(nat|filter) [-+] -A /)]),
        msg: 'somebody else changed our rules: repaired',
      },
    ])
    expect(told).toMatchObject([
      {
        reason: 'RulesRepaired',
        regarding: { kind: 'Node', name: 'node-1' },
        note: `Somebody else changed our IPv4 rules; repaired: ${says.join('; ')}`,
      },
    ])
    expect(await scrape()).toEqual({ pointsman_drift_total: 1, pointsman_drifted: 0 })
  })

  test.each(edits)('$name: observed, told of once it lasts, and nothing is written', async (edit) => {
    await using node = await createNode(variant)
    await node.programs().programs.sync(undefined, false)
    const { observers, lines, told, tools, scrape } = node.observers()
    await observers.sync(undefined, false)
    await node.apply(edit)
    const before = await node.rules('-c')
    await nextPeriod(() => observers.sync(undefined, true))
    // Whoever programs the kernel may be about to mend it.
    expect(lines.map(({ msg }) => msg)).toEqual(['the kernel holds what would be programmed'])
    for (let i = 0; i < 3; i++) await nextPeriod(() => observers.sync(undefined, true))
    const { says, chains, services, counts } = edit
    expect(lines.slice(1)).toMatchObject([
      {
        level: 'warn',
        family: 'IPv4',
        services,
        chains,
        ...counts,
        says,
        msg: 'the kernel differs from what would be programmed',
      },
    ])
    expect(await scrape()).toEqual({ pointsman_drift_total: 1, pointsman_drifted: counts.missing + counts.foreign })
    expect(await node.rules('-c')).toBe(before)
    await node.programs().programs.sync(undefined, false)
    await nextPeriod(() => observers.sync(undefined, true))
    expect(lines.slice(2)).toMatchObject([{ level: 'info', msg: 'the kernel holds what would be programmed again' }])
    expect(told.map(({ reason, type }) => `${reason} ${type}`)).toEqual([
      'RulesDrifted Warning',
      'RulesRepaired Normal',
    ])
    expect(await scrape()).toEqual({ pointsman_drift_total: 1, pointsman_drifted: 0 })
    expect([...tools]).toEqual([`iptables-${variant}-save`])
  })
})

test('who changes the same again and again is told of ever more rarely, and repaired each time', async () => {
  await using node = await createNode('nft')
  const { programs, lines, told, scrape } = node.programs()
  await programs.sync(undefined, false)
  const right = await node.rules()
  for (let i = 1; i <= 9; i++) {
    await node.run('iptables-nft', ['-t', 'nat', '-I', port, '1', '-s', `203.0.113.${i}`, '-j', 'RETURN'])
    await nextPeriod(() => programs.sync(undefined, true))
    expect(await node.rules()).toBe(right)
  }
  expect(lines.filter(({ level }) => level === 'warn').map(({ times }) => times)).toEqual([undefined, 2, 4, 8])
  expect(told).toHaveLength(9)
  expect(await scrape()).toEqual({ pointsman_drift_total: 9, pointsman_drifted: 0 })
})

test('what the kernel does not let us repair is told of once, and is why we are not healthy; then that it is repaired', async () => {
  await using node = await createNode('nft')
  let broken = false
  const { programs, lines, told, scrape } = node.programs((command, args, input) => {
    if (broken && command.endsWith('-restore')) throw new Error('no')
    return node.run(command, args, input)
  })
  await programs.sync(undefined, false)
  await node.run('iptables-nft', ['-t', 'nat', '-F', endpoint])
  broken = true
  await expect(nextPeriod(() => programs.sync(undefined, true))).rejects.toThrow('IPv4: no')
  await expect(nextPeriod(() => programs.sync(undefined, false))).rejects.toThrow('IPv4: no')
  expect(programs.drift).toBe('Somebody else changed our IPv4 rules, and they are not repaired')
  expect(await scrape()).toEqual({ pointsman_drift_total: 1, pointsman_drifted: 2 })
  broken = false
  await programs.sync(undefined, false)
  expect(programs.drift).toBeUndefined()
  expect(await scrape()).toEqual({ pointsman_drift_total: 1, pointsman_drifted: 0 })
  expect(
    lines.filter(({ msg }) => String(msg).includes('our rules')).map(({ level, msg }) => [level, msg].join(' ')),
  ).toEqual(['warn somebody else changed our rules: not repaired', 'info our rules are as they should be again'])
  expect(told.map(({ reason }) => reason)).toEqual(['RulesDrifted', 'RulesRepaired'])
})

/** The next time that it is due to read the kernel back. */
async function nextPeriod<T>(work: () => Promise<T>): Promise<T> {
  const now = performance.now()
  vi.restoreAllMocks()
  const ahead = now + 24 * 60_000 - performance.now()
  const real = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => real() + ahead)
  return work()
}

function linesOf(rules: string): readonly string[] {
  return rules.split('\n').sort()
}

interface Edited {
  readonly table: Edit['table']
  readonly lines: readonly string[]
}

/** A reporter, and what it has told. */
function reporting() {
  const { log, lines } = logged()
  const told: Happening[] = []
  const metrics = new ProxyMetrics(
    () => [],
    () => 0,
  )
  const drift = new DriftReporter(metrics.registry, 'node-1', log, { record: (happening) => told.push(happening) })
  const scrape = async () =>
    Object.fromEntries(
      [...(await metrics.registry.metrics()).matchAll(/^(pointsman_drift\w+)\{ip_family="IPv4"\} (\d+)$/gm)].map(
        ([, name, value]) => [name, Number(value)],
      ),
    )
  return { log, lines, told, metrics, drift, scrape }
}

function store() {
  return clusterOfObjects(documents.map((document): unknown => document.toJS()))
}

async function createNode(variant: (typeof variants)[number]) {
  const namespace: Namespace = await createNamespace()
  const { run } = namespace
  return {
    run,
    /** `-c`: with what was counted. */
    rules: async (...args: readonly '-c'[]) => {
      const saved = (await run(`iptables-${variant}-save`, args)).replaceAll(/^#.*\n/gm, '')
      return args.length > 0 ? saved : saved.replaceAll(/\[\d+:\d+\]/g, '')
    },
    apply: ({ table, lines }: Edited) =>
      run(`iptables-${variant}-restore`, ['--noflush'], `*${table}\n${lines.join('\n')}\nCOMMIT\n`),
    programs(command: RunCommand = run) {
      const { log, drift, metrics, ...seen } = reporting()
      const tool = iptablesTool(command, 'IPv4', variant)
      const family = { family: 'IPv4', tool, blockLines: blockLines[variant], dryRun: false } as const
      const backends = [iptablesBackend(options, family)]
      return { ...seen, programs: new FamilyPrograms(store(), backends, 30_000, log, observerOf(metrics), drift) }
    },
    observers() {
      const { log, drift, metrics: _, ...seen } = reporting()
      const tools = new Set<string>()
      const noting: RunCommand = (command, args, input) => {
        tools.add(command)
        return run(command, args, input)
      }
      const observed = observedIptables(options, 'IPv4', iptablesTool(noting, 'IPv4', variant))
      return { ...seen, tools, observers: new FamilyObservers(store(), [observed], 30_000, log, drift) }
    },
    [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
  }
}
