import { expect, test } from 'vitest'
import { readBase } from '../../src/agent/base-file.ts'
import { kernelSetName, setNames, type SetName } from '../../src/backends/ipvs/ip-set.ts'
import { renderRules } from '../../src/backends/ipvs/rules.ts'
import type { IpvsState } from '../../src/backends/ipvs/state.ts'
import { families, type Family } from '../../src/net/family.ts'

const stateWith = (filled: readonly SetName[]): IpvsState => ({
  servers: new Map(),
  addresses: new Set(),
  sets: new Map(setNames.map((name) => [name, new Set(filled.includes(name) ? ['1'] : [])])),
})
const linesOf = (family: Family, filled: readonly SetName[]) =>
  renderRules(readBase(`ipvs-${family.toLowerCase()}.rules`), [], stateWith(filled), family).split('\n')
const asksFor = (set: string) => (line: string) => line.includes(`--match-set ${set} `)

test.each(families)('with every set filled all rules of %s stand, and each set is asked about', (family) => {
  const { nat, filter } = readBase(`ipvs-${family.toLowerCase()}.rules`)
  const lines = linesOf(family, setNames)
  const rules = [nat, filter].flatMap(({ before, after }) => [...before, ...after])
  expect(lines.filter((line) => line.startsWith('-A'))).toEqual(rules.map(({ chain, spec }) => `-A ${chain} ${spec}`))
  expect(setNames.filter((name) => !lines.some(asksFor(kernelSetName(name, family))))).toEqual([])
})

test.each(setNames)('without members of %s its rules are gone but for those that always stand', (name) => {
  const others = setNames.filter((other) => other !== name)
  const left = linesOf('IPv4', others).filter(asksFor(name))
  const constant = /^-A (?:KUBE-IPVS-FILTER |KUBE-NODE-PORT .*KUBE-HEALTH-CHECK-NODE-PORT )/
  expect(left.filter((line) => !constant.test(line))).toEqual([])
  expect(linesOf('IPv4', others)).toEqual(
    linesOf('IPv4', setNames).filter((line) => left.includes(line) || !asksFor(name)(line)),
  )
})

test('an empty cluster has eleven chains', () => {
  expect(linesOf('IPv4', []).filter((line) => line.startsWith(':'))).toHaveLength(11)
})

test('there are nine jumps', () => {
  const { nat, filter } = readBase('ipvs-jumps.rules')
  expect(nat.inserted.length + filter.inserted.length).toBe(9)
})

test('no name is longer than the kernel takes, and the cut ones are told apart', () => {
  const names = setNames.map((name) => kernelSetName(name, 'IPv6'))
  expect(names).toContain('KUBE-6-LOAD-BALANCER-SOURCE-CID')
  expect(names).toContain('KUBE-6-NODE-PORT-LOCAL-SCTP-HAS')
  expect(new Set(names).size).toBe(17)
})
