import { expect, test } from 'vitest'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { servicesInLines } from '../../src/backends/iptables/blame.ts'
import { fullSync, renderFullSync, rulesHoldingStale } from '../../src/backends/iptables/full-sync.ts'
import { ExpectedChains } from '../../src/backends/iptables/expected-chains.ts'
import { ownChains } from '../../src/backends/iptables/fragment.ts'
import { ruleKey } from '../../src/backends/iptables/rule-key.ts'
import { parseSavedRules, SavedRulesReader, type SavedRules } from '../../src/backends/iptables/saved-rules.ts'
import { benchObjects } from '../../bench/cluster.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { savedText } from '../support/saved-text.ts'

const ruleset = new IptablesRuleset(clusterOfObjects(benchObjects(10, 2)), {
  family: 'IPv4',
  nodeName: '',
  masqueradeAll: false,
  localDetection: { mode: 'ClusterCIDR', networks: [] },
  nodePortNetworks: [],
})
const { base } = ruleset
const emptyKernel = parseSavedRules('')
const fromEmpty = (blockLines: number) => renderFullSync(ruleset.desired(), emptyKernel, blockLines)

test('from an empty kernel one block is the rendered document, the jumps at the end of each table, and the canaries', () => {
  const canary = ':KUBE-PROXY-CANARY - [0:0]\n'
  const tables = fromEmpty(1000).split(/(?<=^COMMIT\n)/m)
  expect(tables.pop()).toBe(`*mangle\n${canary}COMMIT\n`)
  const rendered = tables.map((table) => table.replace(canary, '').replaceAll(/^-I .*\n/gm, ''))
  expect(rendered.join('')).toBe(ruleset.render())
  for (const table of tables) {
    expect(table).toMatch(/^\*(filter|nat)\n(:.*\n)+(-A .*\n)+(-I .*\n)+COMMIT\n$/)
    expect(table).toContain(canary)
  }
})

test('in blocks, every service is whole before anything leads to it', () => {
  const blocks = fromEmpty(20).split(/(?<=^COMMIT\n)/m)
  expect(blocks.pop()).toMatch(/^\*mangle\n/)
  // One for the filter table, some for the 100 lines of ten services, one for the chains that lead to them.
  expect(blocks.length).toBeGreaterThan(1 + 4 + 1)
  for (const block of blocks.slice(1, -1)) expect(block.split('\n').length).toBeLessThan(30)
  const built = new Set<string>()
  for (const block of blocks.slice(1)) {
    const declared = [...block.matchAll(/^:(\S+) /gm)].map((match) => match[1] ?? '')
    for (const chain of declared) built.add(chain)
    const targets = [...block.matchAll(/^-[AI] .* -j (KUBE-\S+)$/gm)].map((match) => match[1] ?? '')
    expect(targets.filter((chain) => !built.has(chain))).toEqual([])
    expect(declared.includes('KUBE-SERVICES')).toBe(block === blocks.at(-1))
  }
})

test('its texts end where a line does, are the same each time, and a line has the number that it has in all of them', () => {
  const document = fullSync(ruleset.desired(), emptyKernel, 20)
  const texts = [...document].filter((text) => text !== '')
  expect(texts.length).toBeGreaterThan(5)
  for (const text of texts) expect(text.endsWith('\n')).toBe(true)
  expect([...document].join('')).toBe(fromEmpty(20))
  const blamed = (line: number) => [...servicesInLines(document, [line], ruleset.fragments)]
  const named = (line: string) => [...ruleset.fragments.keys()].filter((service) => line.includes(`"${service}:`))
  const lines = fromEmpty(20).split('\n')
  const rules = lines.flatMap((line, i) => (named(line).length === 1 ? [i] : []))
  expect(rules.length).toBe(30)
  for (const i of rules) expect(blamed(i + 1)).toEqual(named(lines[i] ?? ''))
})

test('a kernel that is read with what is expected of it says the same, in the texts that are expected where it can', () => {
  const chains = new Map(ruleset.desired().fragments.flatMap((fragment) => [...ownChains(fragment)]))
  // As the tools print it, but for one rule.
  const text = savedText(fromEmpty(10))
    .replaceAll(/--probability \S+/g, (option) => `${option}0`)
    .replace(/--probability \S+/, '--probability 0.25')
  const reader = new SavedRulesReader(new ExpectedChains(ruleset.fragments.values()))
  for (const line of text.split('\n')) reader.take(line)
  const plain = parseSavedRules(text)
  expect(natKeys(reader.rules)).toEqual(natKeys(plain))
  const expected = (specs: readonly string[], chain: string) =>
    specs.filter((spec, i) => spec === chains.get(chain)?.[i]?.spec).length
  const own = [...reader.rules.nat].filter(([chain]) => chains.has(chain))
  const strange = own.filter(([chain, specs]) => expected(specs, chain) < specs.length)
  expect(own.length).toBe(chains.size)
  expect(strange.map(([, specs]) => specs)).toEqual([
    [expect.stringContaining('--probability 0.25'), expect.anything()],
  ])
  expect(strange[0]?.[1]).toEqual(plain.nat.get(strange[0]?.[0] ?? ''))
  expect({ filter: reader.rules.filter, mangle: reader.rules.mangle }).toEqual({
    filter: plain.filter,
    mangle: plain.mangle,
  })
})

test('what the kernel already has is not sent again', () => {
  const saved = parseSavedRules(savedText(fromEmpty(10)))
  expect(renderFullSync(ruleset.desired(), saved, 1000)).toBe('')
})

test('stale chains are deleted in a COMMIT of their own, behind everything else', () => {
  const saved = parseSavedRules('*nat\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\nCOMMIT\n')
  const sent = renderFullSync(ruleset.desired(), saved, 1000)
  expect(sent.split(/(?<=^COMMIT\n)/m).at(-1)).toBe(
    '*nat\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n-X KUBE-SVC-AAAAAAAAAAAAAAAA\nCOMMIT\n',
  )
})

test('a stale chain that a rule of somebody else leads to is emptied once, and keeps no other from being deleted', () => {
  const last = (saved: SavedRules) =>
    renderFullSync(ruleset.desired(), saved, 1000)
      .split(/(?<=^COMMIT\n)/m)
      .at(-1)
  const going = ':KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]\n-X KUBE-SEP-BBBBBBBBBBBBBBBB\nCOMMIT\n'
  const full = kernelHolding('-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-BBBBBBBBBBBBBBBB\n')
  expect(last(full)).toBe(`*nat\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n${going}`)
  expect(last(kernelHolding(''))).toBe(`*nat\n${going}`)
  expect(rulesHoldingStale(ruleset.desired(), full)).toEqual(['-A MINE -g KUBE-SVC-AAAAAAAAAAAAAAAA'])
})

test('a jump that somebody doubled is taken away but once', () => {
  const [jump] = base.nat.inserted
  if (jump === undefined) throw new Error('there are jumps')
  const line = `-A ${jump.chain} ${jump.spec}\n`
  const saved = parseSavedRules(`*nat\n:${jump.chain} ACCEPT [0:0]\n${line}${line}COMMIT\n`)
  const sent = renderFullSync({ base, fragments: [] }, saved, 1000)
  expect(
    sent.match(/^-[DI] OUTPUT .*portals" -j KUBE-SERVICES$/gm)?.filter((edit) => !edit.includes('ctstate')),
  ).toEqual([`-D ${jump.chain} ${jump.spec}`])
})

function natKeys({ nat }: SavedRules): readonly unknown[] {
  return [...nat].map(([chain, specs]) => [chain, specs.map(ruleKey)])
}

/** Two stale chains, to one of which a rule of somebody else leads, and this in it. */
function kernelHolding(held: string): SavedRules {
  return parseSavedRules(`*nat
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
:MINE - [0:0]
-A MINE -g KUBE-SVC-AAAAAAAAAAAAAAAA
${held}COMMIT
`)
}
