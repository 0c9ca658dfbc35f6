import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { ConntrackTool } from '../../src/agent/conntrack-tool.ts'
import { FlowCleaner } from '../../src/agent/flow-cleaner.ts'
import { UdpFrontendTable } from '../../src/agent/udp-frontend-table.ts'
import type { Flow } from '../../src/backends/conntrack/flow.ts'
import { frontendDestinations, type UdpFrontend } from '../../src/plan/udp-frontends.ts'

const vip = '10.96.0.10:53'
const [a, b, c, d] = ['10.244.1.1:5353', '10.244.1.2:5353', '10.244.1.3:5353', '10.244.1.4:5353']
const openAddresses = ['192.0.2.7', '10.244.0.1']

/** Flows as a kernel keeps them, and the calls that were made to it. */
class FakeKernel implements ConntrackTool {
  flows: Flow[] = []
  readonly calls: string[] = []
  error: Error | undefined

  async list(_: string, destination: string | undefined, see: (flow: Flow) => void): Promise<void> {
    this.#call(`list ${destination ?? 'all'}`)
    for (const flow of this.flows) {
      if (destination === undefined || flow.destination.startsWith(`${destination}:`)) see(flow)
    }
  }

  async remove(
    _: string,
    { destination, replySource }: { destination?: string; replySource?: string },
  ): Promise<number> {
    this.#call(`remove ${destination ?? 'all'} ${replySource ?? 'translated'}`)
    const kept = this.flows.filter((flow) => {
      if (destination !== undefined && flow.destination !== destination) return true
      if (replySource !== undefined && flow.replySource !== replySource) return true
      const untranslated = flow.replySource === flow.destination
      return (destination === undefined || replySource === undefined) && untranslated
    })
    const removed = this.flows.length - kept.length
    this.flows = kept
    return removed
  }

  #call(what: string): void {
    this.calls.push(what)
    if (this.error !== undefined) throw this.error
  }
}

function dns(targets: readonly string[], more: Partial<UdpFrontend> = {}): readonly UdpFrontend[] {
  return [{ addresses: ['10.96.0.10'], port: 53, targets, ...more }]
}

/** A cleaner that has had its first pass over a service with endpoints a and b. */
async function settled({ dryRun = false, more = {} }: { dryRun?: boolean; more?: Partial<UdpFrontend> } = {}) {
  const kernel = new FakeKernel()
  const udpFrontends = new UdpFrontendTable()
  const cleaner = new FlowCleaner('IPv4', { udpFrontends, openAddresses }, kernel, dryRun)
  udpFrontends.replace('kube-system/dns', dns([a, b], more))
  await cleaner.clean(false)
  kernel.calls.length = 0
  return { kernel, udpFrontends, cleaner }
}

const flow = (replySource: string, destination = vip): Flow => ({ destination, replySource })
const removed = async (cleaner: FlowCleaner, retry = false) => (await cleaner.clean(retry))?.removed ?? 0

describe('walks', () => {
  test('the first pass looks at every flow once, and removes none that is right', async () => {
    const { kernel, udpFrontends } = await settled()
    kernel.flows = [flow(a), flow(b), flow('203.0.113.1:53', '203.0.113.1:53')]
    expect(await removed(new FlowCleaner('IPv4', { udpFrontends, openAddresses }, kernel, false))).toBe(0)
    expect(kernel.calls).toEqual(['list 10.96.0.10'])
    expect(kernel.flows).toHaveLength(3)
  })

  test('no UDP port: none', async () => {
    const kernel = new FakeKernel()
    const udpFrontends = new UdpFrontendTable()
    const cleaner = new FlowCleaner('IPv4', { udpFrontends, openAddresses }, kernel, false)
    udpFrontends.replace('shop/cart', [])
    await cleaner.clean(true)
    expect(kernel.calls).toEqual([])
  })

  test('nothing changed, or an endpoint came: none', async () => {
    const { kernel, udpFrontends, cleaner } = await settled()
    await cleaner.clean(true)
    udpFrontends.replace('kube-system/dns', dns([a, b, c]))
    await cleaner.clean(true)
    expect(kernel.calls).toEqual([])
  })

  test('one endpoint of a cluster IP gone: one', async () => {
    const { kernel, udpFrontends, cleaner } = await settled()
    kernel.flows = [flow(a), flow(a), flow(b)]
    udpFrontends.replace('kube-system/dns', dns([b]))
    expect(await removed(cleaner)).toBe(2)
    expect(kernel.calls).toEqual([`remove ${vip} ${a}`])
    expect(kernel.flows).toEqual([flow(b)])
  })

  test('a service with many endpoints gone: one', async () => {
    const { kernel, udpFrontends, cleaner } = await settled()
    kernel.flows = [flow(a), flow(b), flow(vip)]
    udpFrontends.replace('kube-system/dns', [])
    expect(await removed(cleaner)).toBe(2)
    expect(kernel.calls).toEqual([`remove ${vip} translated`])
    expect(kernel.flows).toEqual([flow(vip)])
  })

  test('one endpoint gone that several frontends had: one', async () => {
    const { kernel, udpFrontends, cleaner } = await settled({ more: { nodePort: 30053 } })
    kernel.flows = [flow(a), flow(a, '192.0.2.7:30053'), flow(a, a), flow(b)]
    udpFrontends.replace('kube-system/dns', dns([b], { nodePort: 30053 }))
    expect(await removed(cleaner)).toBe(2)
    expect(kernel.calls).toEqual([`remove all ${a}`])
    expect(kernel.flows).toEqual([flow(a, a), flow(b)])
  })

  test('the last endpoint of several frontends gone: one', async () => {
    const { kernel, udpFrontends, cleaner } = await settled({ more: { nodePort: 30053 } })
    udpFrontends.replace('kube-system/dns', dns([a], { nodePort: 30053 }))
    await cleaner.clean(false)
    kernel.calls.length = 0
    kernel.flows = [flow(a), flow(a, '192.0.2.7:30053'), flow(vip)]
    udpFrontends.replace('kube-system/dns', dns([], { nodePort: 30053 }))
    expect(await removed(cleaner)).toBe(2)
    expect(kernel.calls).toEqual([`remove all ${a}`])
    expect(kernel.flows).toEqual([flow(vip)])
  })

  test('one that another service still has: one to look, and one for each kind that is there, the largest first', async () => {
    const { kernel, udpFrontends, cleaner } = await settled({ more: { nodePort: 30053 } })
    udpFrontends.replace('kube-system/other', [{ addresses: ['10.96.0.99'], port: 53, targets: [a] }])
    await cleaner.clean(false)
    kernel.calls.length = 0
    kernel.flows = [flow(a), flow(a, '192.0.2.7:30053'), flow(a, '192.0.2.7:30053'), flow(b)]
    udpFrontends.replace('kube-system/dns', dns([b], { nodePort: 30053 }))
    expect(await removed(cleaner)).toBe(3)
    expect(kernel.calls).toEqual(['list all', `remove 192.0.2.7:30053 ${a}`, `remove ${vip} ${a}`])
    expect(kernel.flows).toEqual([flow(b)])
  })

  test('many endpoints of one address gone: only flows to it are listed', async () => {
    const { kernel, udpFrontends, cleaner } = await settled()
    udpFrontends.replace('kube-system/dns', dns([a, b, c, d]))
    await cleaner.clean(false)
    udpFrontends.replace('kube-system/dns', dns([d]))
    await cleaner.clean(false)
    expect(kernel.calls).toEqual(['list 10.96.0.10'])
  })
})

describe('failures', () => {
  test('a pass that failed is tried again when asked to, and then looks at every service', async () => {
    const { kernel, udpFrontends, cleaner } = await settled()
    udpFrontends.replace('kube-system/other', dns([a], { port: 54 }))
    await cleaner.clean(false)
    kernel.flows = [flow(a), flow(c), flow(d, '10.96.0.10:54')]
    udpFrontends.replace('kube-system/dns', dns([b]))
    kernel.error = new Error('Operation failed: Interrupted system call')
    await expect(cleaner.clean(false)).rejects.toBe(kernel.error)
    kernel.calls.length = 0
    expect(await removed(cleaner)).toBe(0)
    expect(kernel.calls).toEqual([])
    kernel.error = undefined
    expect(await removed(cleaner, true)).toBe(3)
    expect(kernel.flows).toEqual([])
    expect(await removed(cleaner)).toBe(0)
  })

  test('after doubt it finds what a rule of in between has made', async () => {
    const { kernel, udpFrontends, cleaner } = await settled()
    cleaner.doubt()
    kernel.flows = [flow(c)]
    udpFrontends.replace('kube-system/dns', dns([b]))
    expect(await removed(cleaner)).toBe(1)
  })

  test('a service that went while passes failed is not forgotten', async () => {
    const { kernel, udpFrontends, cleaner } = await settled()
    kernel.flows = [flow(a)]
    udpFrontends.replace('kube-system/dns', [])
    kernel.error = new Error('no')
    await expect(cleaner.clean(true)).rejects.toBe(kernel.error)
    kernel.error = undefined
    expect(await removed(cleaner, true)).toBe(1)
  })

  describe('a pass deletes for five seconds', () => {
    const targets = Array.from({ length: 10 }, (_, i) => `10.244.2.${i}:5353`)

    /** Five of ten endpoints that went are done. */
    async function halfDone() {
      const made = await settled()
      made.udpFrontends.replace('kube-system/dns', dns([a, ...targets]))
      await made.cleaner.clean(false)
      made.kernel.flows = targets.map((target) => flow(target))
      made.udpFrontends.replace('kube-system/dns', dns([a]))
      let now = performance.now()
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000))
      try {
        expect(await removed(made.cleaner)).toBe(5)
      } finally {
        clock.mockRestore()
      }
      return made
    }

    test('and leaves the rest for the next', async () => {
      const { kernel, cleaner } = await halfDone()
      expect(await removed(cleaner)).toBe(5)
      expect(kernel.flows).toEqual([])
    })

    test('and the next looks at every flow, for a change may have come and gone since the last that was whole', async () => {
      const { kernel, udpFrontends, cleaner } = await halfDone()
      kernel.flows = [flow(c), ...kernel.flows]
      udpFrontends.replace('kube-system/dns', dns([a, ...targets]))
      expect(await removed(cleaner)).toBe(1)
      expect(kernel.flows).toHaveLength(5)
    })
  })
})

test('a dry run counts and removes nothing', async () => {
  const { kernel, udpFrontends, cleaner } = await settled({ dryRun: true })
  kernel.flows = [flow(a), flow(a), flow(b)]
  udpFrontends.replace('kube-system/dns', dns([b]))
  expect(await removed(cleaner)).toBe(2)
  expect(kernel.calls).toEqual(['list 10.96.0.10'])
})

/** Three services that share out four addresses, and may have a node port each. */
const cluster = fc
  .record({
    owners: fc.array(fc.constantFrom(0, 1, 2, undefined), { minLength: 4, maxLength: 4 }),
    nodePorts: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    targets: fc.array(fc.subarray([a, b, c, d]), { minLength: 3, maxLength: 3 }),
  })
  .map(({ owners, nodePorts, targets }): readonly (readonly UdpFrontend[])[] =>
    targets.map((list, service) => {
      const addresses = owners.flatMap((owner, i) => (owner === service ? [`10.96.0.${i}`] : []))
      if (addresses.length === 0) return []
      return [{ addresses, port: 53, targets: list, ...(nodePorts[service] === true && { nodePort: 30000 + service }) }]
    }),
  )

test('whatever changes, no flow is left that is stale, and none is removed that is right', async () => {
  const foreign = [flow(a, a), flow(a, '203.0.113.1:53'), flow(a, '203.0.113.1:30001'), flow(b, '192.0.2.7:53')]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cluster, fc.boolean()), { minLength: 2, maxLength: 6 }), async (steps) => {
      const kernel = new FakeKernel()
      const udpFrontends = new UdpFrontendTable()
      const cleaner = new FlowCleaner('IPv4', { udpFrontends, openAddresses }, kernel, false)
      let known = new Set<string>()
      for (const [services, fails] of steps) {
        for (const [i, frontends] of services.entries()) udpFrontends.replace(`lab/${i}`, frontends)
        const answers = new Map(
          services
            .flat()
            .flatMap((frontend) =>
              frontendDestinations(frontend, openAddresses).map((to) => [to, frontend.targets] as const),
            ),
        )
        known = new Set([...known, ...answers.keys()])
        const right = ({ destination, replySource }: Flow) => {
          const targets = answers.get(destination) ?? []
          if (!known.has(destination) || targets.includes(replySource)) return true
          return targets.length === 0 && destination === replySource
        }
        // One deletion may name an endpoint that serves nobody now for all that was translated to it, by whomever.
        const mayGo = ({ destination, replySource }: Flow) =>
          !known.has(destination) &&
          destination !== replySource &&
          !services.flat().some(({ targets }) => targets.includes(replySource))
        const before = [...kernel.flows]
        if (fails) {
          kernel.error = new Error('no')
          await cleaner.clean(true).catch(() => undefined)
          kernel.error = undefined
        }
        const count = await removed(cleaner, true)
        expect(kernel.flows.filter((one) => !mayGo(one))).toEqual(before.filter((one) => right(one) && !mayGo(one)))
        expect(count).toBe(before.length - kernel.flows.length)
        // What packets make of it until the next change: service flows, and untranslated ones to what nobody has.
        const made = [...answers].flatMap(([to, targets]) => targets.map((target) => flow(target, to)))
        const unowned = [0, 1, 2, 3].map((i) => `10.96.0.${i}:53`).filter((to) => !answers.has(to))
        kernel.flows = [...foreign, ...made, ...unowned.map((to) => flow(to, to))]
      }
    }),
    { numRuns: 500 },
  )
})
