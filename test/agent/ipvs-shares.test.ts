import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partOf } from '../../src/agent/ipvs-part.ts'
import { IpvsShares } from '../../src/agent/ipvs-shares.ts'
import type { IpvsFragment } from '../../src/backends/ipvs/fragment.ts'
import { joinFragments } from '../../src/backends/ipvs/state.ts'
import type { VirtualServer } from '../../src/backends/ipvs/virtual-server.ts'

const server: fc.Arbitrary<VirtualServer> = fc.record({
  protocol: fc.constantFrom('TCP', 'UDP'),
  address: fc.constantFrom('192.0.2.7', '10.96.0.1'),
  port: fc.constantFrom(80, 81),
  scheduler: fc.constantFrom('rr', 'lc', 'sh'),
  flags: fc.constant(''),
  realServers: fc.constant([]),
})

/** So few things that services share most of them. */
const fragment: fc.Arbitrary<IpvsFragment> = fc.record({
  addressServers: fc.array(server, { maxLength: 2 }),
  nodePortServers: fc.array(server, { maxLength: 2 }),
  addresses: fc.subarray(['10.96.0.1', '10.96.0.2']),
  members: fc.subarray([
    { set: 'KUBE-LOOP-BACK', member: '10.244.1.1,tcp:80,10.244.1.1' },
    { set: 'KUBE-IPVS-IPS', member: '10.96.0.1' },
  ] as const),
  filter: fc.constant([]),
})

const change = fc.record({
  service: fc.constantFrom('shop/a', 'shop/b', 'shop/c'),
  fragment: fc.option(fragment, { nil: undefined }),
})

test('what services want together is what their fragments joined are, after any changes; each names all that it changes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const shares = new IpvsShares()
      for (const { service, fragment: now } of changes) {
        const before = shares.state
        const keys = shares.replace(service, now)
        const after = shares.state
        const sorted = [...shares.fragments].sort(([a], [b]) => (a < b ? -1 : 1))
        expect(after).toEqual(joinFragments(sorted.map(([, part]) => part)))
        expect(partOf(shares, keys)).toEqual(partOf(after, keys))
        for (const [key, old] of before.servers) {
          if (!keys.servers.includes(key)) expect(after.servers.get(key)).toBe(old)
        }
        for (const address of before.addresses) {
          if (!keys.addresses.includes(address)) expect(after.addresses.has(address)).toBe(true)
        }
      }
    }),
    { numRuns: 300 },
  )
})
