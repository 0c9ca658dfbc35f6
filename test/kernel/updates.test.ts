import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import { readIptablesBase } from '../../src/agent/iptables-base.ts'
import { iptablesTool, type IptablesTool } from '../../src/agent/iptables-tool.ts'
import { Programmer } from '../../src/agent/programmer.ts'
import { planCleanup } from '../../src/backends/iptables/cleanup.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import { families, type Family } from '../../src/net/family.ts'
import { replace, rulesetOf, storeOf } from '../support/changing-cluster.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'
import { randomService, type RandomService } from '../support/random-cluster.ts'

describe.each(['nft', 'legacy'] as const)('iptables-%s', (variant) => {
  let updated: Namespace
  let fresh: Namespace
  beforeAll(async () => {
    updated = await createNamespace()
    fresh = await createNamespace()
  })
  afterAll(async () => {
    await updated[Symbol.asyncDispose]()
    await fresh[Symbol.asyncDispose]()
  })

  const tool = (namespace: Namespace, family: Family) =>
    iptablesTool(namespace.run, family, variant, namespace.runLines)

  test(
    'updates end in exactly the rules of a full sync, whatever the order, in both families',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(randomService, fc.boolean()), { minLength: 1, maxLength: 8 }),
          async (steps) => {
            const store = storeOf()
            const programmers = families.map((family) => programmerOf(store, family, tool(updated, family)))
            const present = new Map<string, RandomService>()
            for (const programmer of programmers) await programmer.sync()
            for (const [service, remove] of steps) {
              const touched = replace(store, present, service, remove)
              for (const programmer of programmers) {
                programmer.touch(touched)
                const report = await programmer.sync()
                expect(report?.kind ?? 'partial').toBe('partial')
              }
            }
            for (const family of families) {
              await empty(tool(fresh, family), family)
              await programmerOf(store, family, tool(fresh, family)).sync()
              expect(rulesOf(await tool(updated, family).save())).toEqual(rulesOf(await tool(fresh, family).save()))
            }
          },
        ),
        { numRuns: 25 },
      )
    },
  )

  test('one address as external and as load balancer IP is refused by two equal rules, and either may go', async () => {
    const [one, other, vip] = ['198.51.100.1', '198.51.100.2', '198.51.100.101']
    const store = storeOf()
    const present = new Map<string, RandomService>()
    const programmer = programmerOf(store, 'IPv4', tool(updated, 'IPv4'))
    await programmer.sync()
    for (const [externalIps, vips] of [
      [
        [one, other],
        [vip, one],
      ],
      [[one, other], [vip]],
      [
        [one, other],
        [vip, one],
      ],
      [[other], [vip, one]],
    ] as const) {
      programmer.touch(replace(store, present, idleService(externalIps, vips), false))
      expect(await programmer.sync()).toMatchObject({ kind: 'partial' })
      await empty(tool(fresh, 'IPv4'), 'IPv4')
      await programmerOf(store, 'IPv4', tool(fresh, 'IPv4')).sync()
      expect(rulesOf(await tool(updated, 'IPv4').save())).toEqual(rulesOf(await tool(fresh, 'IPv4').save()))
    }
  })

  test('what was applied reads back as no difference, in blocks or in one piece', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(randomService, { maxLength: 8 }),
        fc.constantFrom(1, 2, 1000),
        async (services, block) => {
          const store = storeOf()
          const present = new Map<string, RandomService>()
          for (const service of services) replace(store, present, service, false)
          for (const family of families) {
            // From whatever the run before has left: a restart with another cluster.
            await programmerOf(store, family, tool(updated, family), block).sync()
            const again = await programmerOf(store, family, tool(updated, family), block).sync()
            expect(again.bytes).toBe(0)
            await empty(tool(fresh, family), family)
            await programmerOf(store, family, tool(fresh, family)).sync()
            expect(rulesOf(await tool(updated, family).save())).toEqual(rulesOf(await tool(fresh, family).save()))
          }
        },
      ),
      { numRuns: 15 },
    )
  })

  test('the rendered document is accepted by iptables-restore --test', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(randomService, { maxLength: 10 }), async (services) => {
        const store = storeOf()
        const present = new Map<string, RandomService>()
        for (const service of services) replace(store, present, service, false)
        for (const family of families) {
          const command = `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}-restore`
          await fresh.run(command, ['--test', '--noflush'], rulesetOf(store, family).render())
        }
      }),
      { numRuns: 25 },
    )
  })

  test('cleanup leaves the rules of others byte for byte', async () => {
    await using namespace = await createNamespace()
    const foreign = `*filter
:CNI-FORWARD - [0:0]
-A INPUT -m comment --comment "before us" -j ACCEPT
-A CNI-FORWARD -s 10.244.0.0/16 -j ACCEPT
-A FORWARD -j CNI-FORWARD
COMMIT
*nat
-A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -m comment --comment "KUBE-SERVICES of a CNI" -j MASQUERADE
COMMIT
`
    const ipv4 = tool(namespace, 'IPv4')
    await ipv4.restore(foreign)
    const before = rulesOf(await ipv4.save())
    const store = storeOf()
    for (const service of fc.sample(randomService, { numRuns: 1, seed: 7 })) replace(store, new Map(), service, false)
    await programmerOf(store, 'IPv4', ipv4).sync()
    expect(rulesOf(await ipv4.save())).not.toEqual(before)
    await empty(ipv4, 'IPv4')
    expect(rulesOf(await ipv4.save())).toEqual(before)
  })

  /** Six services in the IPv4 rules of a namespace. */
  const programmedIn = async (namespace: Namespace) => {
    const ipv4 = tool(namespace, 'IPv4')
    const store = storeOf()
    for (const service of fc.sample(randomService, { numRuns: 6, seed: 42 })) replace(store, new Map(), service, false)
    const programmer = programmerOf(store, 'IPv4', ipv4)
    await programmer.sync()
    return { ipv4, programmer, right: rulesOf(await ipv4.save()) }
  }

  test('a check reads the kernel back when it is due, and repairs what others changed', async () => {
    await using namespace = await createNamespace()
    const { ipv4, programmer, right } = await programmedIn(namespace)
    await ipv4.restore('*nat\n:KUBE-SERVICES - [0:0]\n-D PREROUTING 1\nCOMMIT\n')
    expect(await programmer.check()).toBeUndefined()
    const now = performance.now()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 31_000)
    try {
      expect(await programmer.check()).toMatchObject({ kind: 'full', repaired: 2 })
    } finally {
      clock.mockRestore()
    }
    expect(rulesOf(await ipv4.save())).toEqual(right)
  })

  test('a check notices that everything was flushed, without reading it back', async () => {
    await using namespace = await createNamespace()
    const { ipv4, programmer, right } = await programmedIn(namespace)
    expect(await programmer.check()).toBeUndefined()
    for (const table of ['filter', 'nat', 'mangle']) {
      await namespace.run(`iptables-${variant}`, ['-t', table, '-F'])
      await namespace.run(`iptables-${variant}`, ['-t', table, '-X'])
    }
    expect(rulesOf(await ipv4.save())).toEqual([])
    expect((await programmer.check())?.repaired).toBeGreaterThan(10)
    expect(rulesOf(await ipv4.save())).toEqual(right)
  })

  test.each(['filter', 'nat'])(
    'a check notices that a firewall has replaced the table %s, without reading it back',
    async (table) => {
      await using namespace = await createNamespace()
      const ipv4 = tool(namespace, 'IPv4')
      const store = storeOf()
      for (const service of fc.sample(randomService, { numRuns: 6, seed: 42 })) {
        replace(store, new Map(), service, false)
      }
      const programmer = programmerOf(store, 'IPv4', ipv4)
      await programmer.sync()
      const right = rulesOf(await ipv4.save())
      await namespace.run(`iptables-${variant}-restore`, [], `*${table}\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n`)
      expect(rulesOf(await ipv4.save())).not.toEqual(right)
      expect((await programmer.check())?.repaired).toBeGreaterThan(3)
      expect(rulesOf(await ipv4.save())).toEqual(right)
    },
  )

  test('a full sync repairs what others changed, and touches nothing else', async () => {
    await using namespace = await createNamespace()
    const ipv4 = tool(namespace, 'IPv4')
    const store = storeOf()
    const present = new Map<string, RandomService>()
    for (const service of fc.sample(randomService, { numRuns: 6, seed: 42 })) replace(store, present, service, false)
    await programmerOf(store, 'IPv4', ipv4).sync()
    const right = rulesOf(await ipv4.save())
    await ipv4.restore(`*nat
-D PREROUTING 1
:KUBE-SERVICES - [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
:MINE - [0:0]
-A MINE -j KUBE-MARK-MASQ
COMMIT
`)
    await programmerOf(store, 'IPv4', ipv4).sync()
    const foreign = new Set([':MINE - ', '-A MINE -j KUBE-MARK-MASQ'])
    expect(rulesOf(await ipv4.save()).filter((line) => !foreign.has(line))).toEqual(right)
  })
})

/** A service without endpoints. */
function idleService(externalIPs: readonly string[], vips: readonly string[]): RandomService {
  const metadata = { namespace: 'shop', name: 'idle' }
  const spec = { type: 'LoadBalancer', clusterIP: '10.96.0.1', externalIPs, ports: [{ port: 80, nodePort: 30080 }] }
  const status = { loadBalancer: { ingress: vips.map((ip) => ({ ip })) } }
  return { key: 'shop/idle', objects: [{ apiVersion: 'v1', kind: 'Service', metadata, spec, status }] }
}

function programmerOf(store: ClusterStore, family: Family, tool: IptablesTool, block = 1000): Programmer {
  return new Programmer(rulesetOf(store, family), tool, block, 30_000)
}

async function empty(tool: IptablesTool, family: Family): Promise<void> {
  const base = readIptablesBase(family)
  const { document } = planCleanup(base, parseSavedRules(await tool.save()))
  if (document !== '') await tool.restore(document)
}

/** The lines of iptables-save without its dates and counters; chains are declared in the order of their names. */
function rulesOf(saved: string): readonly string[] {
  const lines = saved.split('\n').filter((line) => !line.startsWith('#'))
  // A table with nothing in it is listed or not, depending on whether anything ever stood there.
  const tables = lines.join('\n').split(/(?<=^COMMIT$)\n/m)
  return tables
    .flatMap((table) =>
      table
        .replaceAll(/ \[\d+:\d+\]$/gm, ' ')
        .split('\n')
        .toSorted(declarationsFirst),
    )
    .filter((line) => !/^(\*|COMMIT$|:(INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING) |$)/.test(line))
}

function declarationsFirst(a: string, b: string): number {
  if (!a.startsWith(':') || !b.startsWith(':')) return Number(b.startsWith(':')) - Number(a.startsWith(':'))
  return a < b ? -1 : 1
}
