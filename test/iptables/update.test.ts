import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sharedRules } from '../../src/backends/iptables/document.ts'
import { ownChains, type ServiceFragment } from '../../src/backends/iptables/fragment.ts'
import { appendLine } from '../../src/xtables/rule.ts'
import { renderUpdate } from '../../src/backends/iptables/update.ts'
import { optional } from '../../src/model/optional.ts'
import { families } from '../../src/net/family.ts'
import { replace, rulesetOf, storeOf } from '../support/changing-cluster.ts'
import { randomService, type RandomService } from '../support/random-cluster.ts'

/** Rules by `table chain`, as a kernel would have them. */
type Chains = Map<string, string[]>

const batches = fc.array(fc.array(fc.tuple(randomService, fc.boolean()), { minLength: 2, maxLength: 6, size: 'max' }), {
  minLength: 1,
  maxLength: 4,
})

test('several services that change at once leave each rule where a full sync puts it', () => {
  fc.assert(
    fc.property(batches, fc.constantFrom(...families), (sequence, family) => {
      const store = storeOf()
      const ruleset = rulesetOf(store, family)
      const present = new Map<string, RandomService>()
      const chains: Chains = new Map()
      let applied: ReadonlyMap<string, ServiceFragment> = new Map()
      for (const batch of sequence) {
        const touched = batch.flatMap(([service, remove]) => [...replace(store, present, service, remove)])
        const changes = [...ruleset.touch(new Set(touched))].sort().map((key) => ({
          key,
          ...optional('before', applied.get(key)),
          ...optional('after', ruleset.fragments.get(key)),
        }))
        apply(renderUpdate(applied, changes), chains)
        applied = new Map(ruleset.fragments)
        expect(Object.fromEntries(filled(chains))).toEqual(Object.fromEntries(filled(wanted(ruleset.sorted()))))
      }
    }),
    { numRuns: 200 },
  )
})

/** What iptables-restore --noflush does with a document of ours. */
function apply(document: string, chains: Chains): void {
  let table = ''
  for (const line of document.split('\n')) {
    const [word = '', chain = '', ...rest] = line.split(' ')
    const place = `${table} ${word.startsWith(':') ? word.slice(1) : chain}`
    const rules = chains.get(place) ?? []
    if (word.startsWith('*')) table = word.slice(1)
    else if (word.startsWith(':')) chains.set(place, [])
    else if (word === '-A') chains.set(place, [...rules, line])
    else if (word === '-X') chains.delete(place)
    else if (word === '-I') {
      expect(Number(rest[0])).toBeLessThanOrEqual(rules.length + 1)
      chains.set(place, rules.toSpliced(Number(rest[0]) - 1, 0, `-A ${chain} ${rest.slice(1).join(' ')}`))
    } else if (word === '-D') {
      const at = rules.indexOf(line.replace('-D', '-A'))
      expect(at).not.toBe(-1)
      chains.set(place, rules.toSpliced(at, 1))
    }
  }
}

/** The rules of these services, one service behind the other. */
function wanted(fragments: readonly ServiceFragment[]): Chains {
  const chains: Chains = new Map()
  for (const fragment of fragments) {
    for (const [chain, rules] of ownChains(fragment)) chains.set(`nat ${chain}`, rules.map(appendLine))
    for (const table of ['filter', 'nat'] as const) {
      for (const rule of sharedRules(fragment, table)) {
        const place = `${table} ${rule.chain}`
        chains.set(place, [...(chains.get(place) ?? []), appendLine(rule)])
      }
    }
  }
  return chains
}

/** Without chains that have no rule: those that services share are there all the time. */
function filled(chains: Chains): readonly (readonly [string, readonly string[]])[] {
  return [...chains].filter(([, rules]) => rules.length > 0).sort(([a], [b]) => (a < b ? -1 : 1))
}
