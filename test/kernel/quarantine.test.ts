import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { iptablesTool } from '../../src/agent/iptables-tool.ts'
import { Programmer } from '../../src/agent/programmer.ts'
import { runCommand, type RunCommand } from '../../src/host/command.ts'
import { runAgent } from '../support/agent.ts'
import { parseObjects } from '../support/cluster.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'

/** A directory of xtables modules without `recent`, which rules of session affinity need: a real refusal of one service. */
async function withoutRecent(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pointsman-xtables-'))
  const found = await runCommand('find', ['/usr/lib', '-name', 'libxt_recent.so'])
  const modules = dirname(found.split('\n')[0] ?? '')
  for (const name of await readdir(modules)) {
    if (name !== 'libxt_recent.so') await symlink(join(modules, name), join(directory, name))
  }
  return directory
}

const service = (name: string, id: number, affinity: 'None' | 'ClientIP', address = `10.244.1.${id}`) => [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name },
    spec: { clusterIP: `10.96.0.${id}`, sessionAffinity: affinity, ports: [{ name: 'http', port: 80 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [{ addresses: [address] }],
  },
]
const plain = Array.from({ length: 20 }, (_, i) => service(`plain${i}`, i + 1, 'None')).flat()

const put = (store: ClusterStore, objects: readonly unknown[]) =>
  parseObjects(objects).flatMap((object) => store.put(object))

let namespace: Namespace
let modules: string
beforeEach(async () => {
  namespace = await createNamespace()
  modules = await withoutRecent()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await namespace[Symbol.asyncDispose]()
  await rm(modules, { recursive: true })
})

describe.each(['nft', 'legacy'] as const)('iptables-%s', (variant) => {
  let recent = false
  const run: RunCommand = (command, args, input) =>
    namespace.run('env', [...(recent ? [] : [`XTABLES_LIBDIR=${modules}`]), command, ...args], input)

  function programmerOf(store: ClusterStore, blockLines: number): Programmer {
    const ruleset = new IptablesRuleset(store, {
      family: 'IPv4',
      nodeName: 'node-1',
      masqueradeAll: false,
      localDetection: { mode: 'ClusterCIDR', networks: [] },
      nodePortNetworks: [],
    })
    return new Programmer(ruleset, iptablesTool(run, 'IPv4', variant), blockLines, 30_000)
  }
  const rules = () => namespace.run(`iptables-${variant}-save`, ['-t', 'nat'])

  test.each([5, Number.POSITIVE_INFINITY])('a refused service is left out, in blocks of %d', async (blockLines) => {
    recent = false
    const store = new ClusterStore(parseObjects([...plain, ...service('api', 99, 'ClientIP')]))
    const programmer = programmerOf(store, blockLines)
    await programmer.sync()
    expect([...programmer.quarantined.keys()]).toEqual(['shop/api'])
    expect(programmer.quarantined.get('shop/api')?.message).toContain("Couldn't load match `recent'")
    const saved = await rules()
    for (let i = 0; i < 20; i++) expect(saved).toContain(`"shop/plain${i}:http cluster IP"`)
    expect(saved).not.toContain('shop/api')

    // What others do costs no more than before, and does not try the refused one again.
    programmer.touch(put(store, service('plain7', 8, 'None', '10.244.9.9')))
    programmer.touch(put(store, service('api', 99, 'ClientIP', '10.244.9.8')))
    expect(await programmer.sync()).toMatchObject({ kind: 'partial' })
    expect(await rules()).toContain('--to-destination 10.244.9.9:8080')
    expect([...programmer.quarantined.keys()]).toEqual(['shop/api'])

    // The next reading back tries it, and the kernel can take it now.
    recent = true
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3_600_000)
    expect(await programmer.check()).toMatchObject({ repaired: 0 })
    expect([...programmer.quarantined.keys()]).toEqual([])
    expect(await rules()).toContain('--to-destination 10.244.9.8:8080')
  })

  test('a service that becomes refused keeps the rules it had, until it is removed', async () => {
    recent = false
    const store = new ClusterStore(parseObjects([...plain, ...service('api', 99, 'None')]))
    const programmer = programmerOf(store, 5000)
    await programmer.sync()
    programmer.touch(put(store, service('api', 99, 'ClientIP', '10.244.9.8')))
    programmer.touch(put(store, service('plain7', 8, 'None', '10.244.9.9')))
    expect(await programmer.sync()).toMatchObject({ kind: 'full' })
    expect([...programmer.quarantined.keys()]).toEqual(['shop/api'])
    expect(await rules()).toContain('--to-destination 10.244.1.99:8080')
    expect(await rules()).toContain('--to-destination 10.244.9.9:8080')
    programmer.touch(parseObjects(service('api', 99, 'None')).flatMap((object) => store.remove(object)))
    expect(await programmer.sync()).toMatchObject({ kind: 'partial' })
    expect([...programmer.quarantined.keys()]).toEqual([])
    expect(await rules()).not.toContain('shop/api')
  })

  test.each([1, 5, Number.POSITIVE_INFINITY])(
    'a service that is refused after a restart keeps what an agent before had programmed, in blocks of %d',
    async (blockLines) => {
      recent = true
      const before = [...plain, ...service('api', 99, 'None'), ...service('web', 98, 'None')]
      await programmerOf(new ClusterStore(parseObjects(before)), blockLines).sync()
      const kept = async () => (await rules()).split('\n').filter((line) => /shop\/(api|web)/.test(line))
      const old = await kept()
      expect(old.length).toBe(8)
      // Somebody else's rule that leads to a chain which nothing needs any longer.
      const stale = /"shop\/plain3:http cluster IP".* -j (KUBE-SVC-\S+)/.exec(await rules())?.[1] ?? ''
      await namespace.run(`iptables-${variant}`, ['-t', 'nat', '-N', 'MINE'])
      await namespace.run(`iptables-${variant}`, ['-t', 'nat', '-A', 'MINE', '-j', stale])

      recent = false
      const others = plain.filter(({ metadata }) => !metadata.name.startsWith('plain3'))
      const store = new ClusterStore(
        parseObjects([
          ...others,
          ...service('api', 99, 'ClientIP'),
          ...service('web', 98, 'ClientIP', '10.244.9.8'),
          ...service('fresh', 77, 'None'),
        ]),
      )
      const programmer = programmerOf(store, blockLines)
      await programmer.sync()
      expect([...programmer.quarantined.keys()].sort()).toEqual(['shop/api', 'shop/web'])
      expect(programmer.holdingStale).toEqual([`-A MINE -j ${stale}`])
      recent = true
      expect(await kept()).toEqual(old)
      expect(await rules()).toContain('"shop/fresh:http cluster IP"')
      expect(await rules()).toContain(`:${stale} - `)
      expect(await rules()).not.toContain('shop/plain3:')

      // It goes like any other, and what is refused no longer is programmed as if it never had been.
      recent = false
      programmer.touch(parseObjects(service('web', 98, 'ClientIP')).flatMap((object) => store.remove(object)))
      expect(await programmer.sync()).toMatchObject({ kind: 'partial' })
      recent = true
      expect(await rules()).not.toContain('shop/web')
      vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3_600_000)
      await programmer.check()
      expect([...programmer.quarantined.keys()]).toEqual([])
      expect(await programmerOf(store, blockLines).sync()).toMatchObject({ bytes: 0 })
    },
  )
})

test('run says so once, and goes on', async () => {
  const agent = runAgent(
    namespace,
    ['-f', 'rulesets/clusters/session-affinity.yaml', '-f', 'rulesets/clusters/three-pods.yaml', '--no-dns'],
    {
      XTABLES_LIBDIR: modules,
    },
  )
  try {
    const line = await agent.line(({ level }) => level === 'error')
    expect(line).toMatchObject({ family: 'IPv4', service: 'shop/api' })
    expect(line['msg']).toMatch(/^The rules of this Service are refused; it keeps those it had: "iptables-nft-restore /)
    await agent.line(({ msg, family }) => msg === 'programmed' && family === 'IPv6')
    expect(await namespace.run('iptables-save', ['-t', 'nat'])).toContain('KUBE-SVC-7MAVMYXEWSWTZO74')
  } finally {
    await agent.end('SIGTERM')
  }
})
