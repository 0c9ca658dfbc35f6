import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { families, type Family } from '../../src/net/family.ts'
import { replace, rulesetOf, storeOf } from '../support/changing-cluster.ts'
import { expectedHolders, type ApiService } from '../support/expected-claims.ts'
import { randomService, type RandomService } from '../support/random-cluster.ts'

const steps = fc.array(fc.tuple(randomService, fc.constantFrom(false, false, false, true)), {
  minLength: 1,
  maxLength: 12,
  size: 'max',
})

describe('after any sequence of puts and removes', () => {
  test('the rules, kept service by service, are those of a fresh build, and so are the conflicts', () => {
    let conflicts = 0
    fc.assert(
      fc.property(steps, (sequence) => {
        const store = storeOf()
        const rulesets = families.map((family) => rulesetOf(store, family))
        const present = new Map<string, RandomService>()
        for (const [service, remove] of sequence) {
          const touched = replace(store, present, service, remove)
          for (const ruleset of rulesets) ruleset.touch(touched)
        }
        const fresh = new ClusterStore(store.objects.values())
        expect(rulesets.map((ruleset) => ruleset.render())).toEqual(
          families.map((family) => rulesetOf(fresh, family).render()),
        )
        expect(store.claims.conflicts()).toEqual(fresh.claims.conflicts())
        expect(store.claims.conflictCount).toBe(store.claims.conflicts().length)
        conflicts += store.claims.conflictCount
      }),
      { numRuns: 200 },
    )
    // That there were conflicts is what makes this a test of them.
    expect(conflicts).toBeGreaterThan(50)
  })

  test('every claim has the rules of exactly one service: a cluster IP’s, else the oldest, else the first', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const { present, store } = clusterAfter(sequence)
        const holders = expectedHolders([...present.values()].map(apiService))
        const found = new Map(families.flatMap((family) => [...ruledClaims(rulesetOf(store, family).render(), family)]))
        expect(Object.fromEntries(found)).toEqual(
          Object.fromEntries([...holders].map(([claim, holder]) => [claim, [holder]])),
        )
      }),
      { numRuns: 200 },
    )
  })

  test('every jump leads to a chain with rules, and every chain of a service is led to', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const { store } = clusterAfter(sequence)
        for (const family of families) {
          const document = rulesetOf(store, family).render()
          const declared = new Set(matches(document, /^:(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)/gm))
          const filled = new Set(matches(document, /^-A (KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)/gm))
          const reached = new Set(matches(document, /-j (KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)$/gm))
          expect(filled).toEqual(declared)
          expect(reached).toEqual(declared)
        }
      }),
      { numRuns: 200 },
    )
  })
})

function clusterAfter(sequence: readonly (readonly [RandomService, boolean])[]) {
  const store = storeOf()
  const present = new Map<string, RandomService>()
  for (const [service, remove] of sequence) replace(store, present, service, remove)
  return { store, present }
}

function apiService({ objects }: RandomService): ApiService {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by randomService, the Service first
  return objects[0] as ApiService
}

/** By claim, the services whose rules match it, as the comments of the rules name them. */
function ruledClaims(document: string, family: Family): ReadonlyMap<string, readonly string[]> {
  const claims = new Map<string, string[]>()
  for (const line of document.split('\n')) {
    const [, key = '', protocol = ''] = /--comment "?(shop(?:-2)?\/[\w-]+).* -p (\w+) /.exec(line) ?? []
    const port = / --dport (\d+)/.exec(line)?.[1]
    if (port === undefined) continue
    const address = / -d (\S+) /.exec(line)?.[1]
    const what =
      address === undefined
        ? `${family} ${protocol.toUpperCase()} node port`
        : `${address} ${protocol.toUpperCase()} port`
    const claim = `${what} ${port}`
    claims.set(claim, [...new Set([...(claims.get(claim) ?? []), key])])
  }
  return claims
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '')
}
