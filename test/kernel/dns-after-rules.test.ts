import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Registry } from 'prom-client'
import { AnsweredCluster } from '../../src/agent/answered-cluster.ts'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { DnsZones } from '../../src/agent/dns-zones.ts'
import { DriftReporter } from '../../src/agent/drift-reporter.ts'
import { iptablesBackend } from '../../src/agent/iptables-backend.ts'
import { FamilyPrograms } from '../../src/agent/family-programs.ts'
import { iptablesTool, RestoreRefused, type IptablesTool } from '../../src/agent/iptables-tool.ts'
import { defaultCorefile } from '../../src/config/default-corefile.ts'
import { formatRecord, lookup } from '../../src/dns/lookup.ts'
import { ZoneReader } from '../../src/dns/zone-reader.ts'
import { CommandError } from '../../src/host/command.ts'
import { createLog } from '../../src/host/log.ts'
import { families, type Family } from '../../src/net/family.ts'
import { wholeText } from '../../src/xtables/restore-document.ts'
import { parseObjects } from '../support/cluster.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'

/** How one family's kernel takes what it is given. */
type Mood = 'takes' | 'fails' | 'takes the first table and fails' | 'takes and fails' | 'refuses a'

interface Version {
  readonly name: 'a' | 'b'
  readonly type: 'ClusterIP' | 'headless' | 'ExternalName' | 'gone'
  /** The last number of its cluster IP. */
  readonly address: number
  readonly dualStack: boolean
  readonly ports: readonly number[]
}

const anyMood = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Mood>('takes') },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Mood>('fails', 'takes the first table and fails', 'takes and fails', 'refuses a'),
  },
)

const step = fc.record({
  services: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b'),
      type: fc.constantFrom(
        'ClusterIP',
        'ClusterIP',
        'ClusterIP',
        'ClusterIP',
        'ClusterIP',
        'headless',
        'ExternalName',
        'gone',
      ),
      address: fc.constantFrom(1, 2),
      dualStack: fc.boolean(),
      ports: fc.subarray([80, 443], { minLength: 1 }),
    } satisfies { [Key in keyof Version]: fc.Arbitrary<Version[Key]> }),
    { minLength: 1, maxLength: 2, selector: ({ name }) => name },
  ),
  moods: fc.tuple(...families.map(() => anyMood)),
})

function objectsOf({ name, type, address, dualStack, ports }: Version): readonly unknown[] {
  if (type === 'gone') return []
  const id = (name === 'a' ? 10 : 20) + address
  const clusterIPs = [`10.96.0.${id}`, ...(dualStack ? [`2001:db8:96::${id}`] : [])]
  const addresses = {
    ClusterIP: {
      clusterIPs,
      clusterIP: clusterIPs[0],
      ipFamilies: families.slice(0, clusterIPs.length),
    },
    headless: { clusterIP: 'None' },
    ExternalName: { externalName: 'example.com' },
  }[type]
  const spec = {
    type: type === 'headless' ? 'ClusterIP' : type,
    ...addresses,
    ports: ports.map((port) => ({ name: `p${port}`, port })),
  }
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: ports.map((port) => ({ name: `p${port}`, port: 8000 + port })),
    endpoints: [{ addresses: [`10.244.1.${id}`] }],
  }
  return [{ apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name }, spec }, slice]
}

let namespace: Namespace
beforeAll(async () => {
  namespace = await createNamespace()
})
afterAll(async () => {
  await namespace[Symbol.asyncDispose]()
})

const nothing = () => undefined

/** The agent's parts on the kernel of the namespace, which is empty at first. */
class Node {
  readonly store = new ClusterStore()
  readonly moods: Record<Family, Mood> = { IPv4: 'takes', IPv6: 'takes' }
  readonly #programs: FamilyPrograms
  /** What rules lead from; undefined when that may have changed. */
  #programmed: ReadonlySet<string> | undefined
  /** Cluster IPs and ports that were answered while no rule led from them. */
  readonly ahead: string[] = []
  readonly #answered: AnsweredCluster
  readonly #zones: DnsZones
  #read: (() => ZoneReader | undefined) | undefined

  constructor() {
    this.#answered = new AnsweredCluster(this.store, {
      serial: () => 1,
      isKnown: () => true,
      rules: () => this.#programs,
    })
    this.#zones = new DnsZones(
      this.#answered.state,
      {
        nodeName: 'node-1',
        node: { search: [] },
        exchange: async () => undefined,
        isComplete: () => this.#answered.isComplete,
      },
      (sentence) => {
        throw new Error(sentence)
      },
    )
    const silent = createLog({}, { write: () => undefined })
    const options = {
      nodeName: 'node-1',
      masqueradeAll: false,
      localDetection: { mode: 'NodeCIDR' },
      nodePortNetworks: [],
    } as const
    const observer = { synced: nothing, checked: nothing, cleaned: nothing, observeProgramming: nothing }
    const backends = families.map((family) =>
      iptablesBackend(options, { family, tool: this.#tool(family), blockLines: 5, dryRun: false }),
    )
    const drift = new DriftReporter(new Registry(), 'node-1', silent)
    this.#programs = new FamilyPrograms(this.store, backends, 30_000, silent, observer, drift)
  }

  async change(versions: readonly Version[]): Promise<void> {
    const names = new Set(versions.map(({ name }) => `shop/${name}`))
    const put = parseObjects(versions.flatMap(objectsOf))
    const removed = [...this.store.objects.values()].filter(
      (object) =>
        (object.kind === 'Service' && names.has(`shop/${object.name}`)) ||
        (object.kind === 'EndpointSlice' && names.has(`shop/${object.serviceName}`)),
    )
    const touched = this.store.apply({ put, removed })
    this.#programs.touch(touched, put)
    await this.#answered.take(this.#zones, { put, removed }, touched)
    await this.#check()
    await this.#programs.sync(undefined, false, () => this.#answered.rulesSynced(this.#zones)).catch(() => undefined)
    await this.#check()
  }

  /** Tries what was refused again, as once a period. */
  async readBack(): Promise<void> {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 3_600_000)
    await this.#programs.sync(undefined, true, () => this.#answered.rulesSynced(this.#zones))
    clock.mockRestore()
    await this.#check()
  }

  /** Notes what is answered and no rule leads to. */
  async #check(): Promise<void> {
    const answered = await this.answered()
    this.#programmed ??= new Set((await Promise.all(families.map((family) => ruled(family)))).flat())
    const programmed = this.#programmed
    this.ahead.push(...answered.filter((place) => !programmed.has(place)))
  }

  /** The cluster IPs that threads answer with, alone and with each port, e.g. `10.96.0.11 80`. */
  async answered(): Promise<readonly string[]> {
    if (this.#read === undefined) {
      const zones = await this.#zones.of(defaultCorefile('cluster.local'), 1)
      this.#read = () => {
        const [zone] = [...zones().values()].flat()
        return zone && new ZoneReader(zone.options, zone.buffer)
      }
    }
    const view = this.#read()?.view
    if (view === undefined) throw new Error('no zone')
    return ['a', 'b'].flatMap((name) => {
      const of = (type: string) =>
        lookup(view, `${name}.shop.svc.cluster.local.`, type).answers.map((record) => formatRecord(record))
      const texts = ['A', 'AAAA'].flatMap((type) => of(type)).map(lastWord)
      const addresses = texts.filter((address) => /^10\.96\.|^2001:db8:96:/.test(address))
      const ports = of('SRV').map((line) => line.split(' ').at(-2) ?? '')
      // An address may keep its name while all its ports change.
      return addresses.flatMap((address) => [address, ...ports.map((port) => `${address} ${port}`)])
    })
  }

  #tool(family: Family): IptablesTool {
    const real = iptablesTool(namespace.run, family, 'nft')
    return {
      ...real,
      save: () => real.save(),
      hasCanary: () => real.hasCanary(),
      restore: async (document) => {
        const mood = this.moods[family]
        const text = wholeText(document)
        if (mood === 'refuses a' && text.includes('"shop/a:'))
          throw new RestoreRefused(new CommandError('no', false), [])
        if (mood === 'fails') throw new Error('fails')
        const tables = text.split(/(?<=^COMMIT\n)/m)
        await real.restore(mood === 'takes the first table and fails' ? (tables[0] ?? '') : text)
        // As it stands the moment the kernel has it.
        this.#programmed = undefined
        await this.#check()
        if (mood.endsWith('and fails')) throw new Error('fails')
      },
    }
  }
}

/** The cluster IPs that rules lead from, as `answered` has them. */
async function ruled(family: Family): Promise<readonly string[]> {
  const saved = await iptablesTool(namespace.run, family, 'nft').save()
  return [...saved.matchAll(/-A KUBE-SERVICES -d ([^/ ]+)\/\d+ .*--dport (\d+)/g)].flatMap(([, address = '', port]) => [
    address,
    `${address} ${port}`,
  ])
}

const first = (name: 'a' | 'b'): Version => ({ name, type: 'ClusterIP', address: 1, dualStack: true, ports: [80, 443] })
const lastWord = (line: string) => line.split(' ').at(-1) ?? ''

async function empty(): Promise<void> {
  for (const tool of ['iptables', 'ip6tables']) {
    for (const table of ['nat', 'filter', 'mangle']) {
      await namespace.run(`${tool}-nft`, ['-t', table, '-F'])
      await namespace.run(`${tool}-nft`, ['-t', table, '-X'])
    }
  }
}

/** The attempt that succeeds at last takes the old address away. */
const movedAndRefused: { services: Version[]; moods: Mood[] } = {
  services: [{ name: 'a', type: 'ClusterIP', address: 2, dualStack: true, ports: [80] }],
  moods: ['refuses a', 'refuses a'],
}

test(
  'whatever fails, no name ever leads to a cluster IP and port that the kernel has no rule for',
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async (steps) => {
        await empty()
        const node = new Node()
        await node.change([first('a'), first('b')])
        for (const { services, moods } of steps) {
          families.forEach((family, i) => {
            node.moods[family] = moods[i] ?? 'takes'
          })
          await node.change(services)
          expect(node.ahead).toEqual([])
        }
        // When all goes well again and the kernel was read back, everything is answered.
        Object.assign(node.moods, { IPv4: 'takes', IPv6: 'takes' })
        await node.change([{ name: 'b', type: 'ClusterIP', address: 2, dualStack: true, ports: [80] }])
        await node.readBack()
        expect(node.ahead).toEqual([])
        expect(await node.answered()).toEqual(expect.arrayContaining(['10.96.0.22 80', '2001:db8:96::22 80']))
      }),
      { numRuns: 15, examples: [[[movedAndRefused]]] },
    )
  },
)
