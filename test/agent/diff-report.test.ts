import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClusterStore } from '../../src/agent/cluster-store.ts'
import type { ComparedSide } from '../../src/agent/compared-side.ts'
import { reportDifferences } from '../../src/agent/diff-report.ts'
import { rulesSections, zoneSections } from '../../src/agent/documents.ts'
import type { ReportGroup } from '../../src/diff/report.ts'
import { diffRulesets, type DocumentSections } from '../../src/diff/ruleset-diff.ts'
import { slicesOf } from '../../src/model/cluster-state.ts'
import { families, type Family } from '../../src/net/family.ts'
import { planService, type PortPlan } from '../../src/plan/port-plan.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { kernelSide, stateSide, wantedSide } from '../support/compared.ts'
import { randomClusterNode, randomService } from '../support/random-cluster.ts'

const randomCluster = fc
  .uniqueArray(randomService, { maxLength: 8, selector: ({ key }) => key })
  .map((services) => clusterOfObjects([randomClusterNode, ...services.flatMap(({ objects }) => objects)]))

// Mostly the same services, so that they change rather than come and go.
const twoClusters = fc.tuple(randomCluster, randomCluster)

test('every line that differs stands in one group, once; the group names a Service of one side', () => {
  fc.assert(
    fc.property(twoClusters, ([old, now]) => {
      const [before, after] = [stateSide(old), stateSide(now)]
      const groups = reportDifferences(before, after)
      expect(groupedLines(groups)).toEqual(ungroupedLines(before, after))
      expect(groups.map(({ owner = '' }) => owner)).toEqual(groups.map(({ owner = '' }) => owner).sort())
      for (const { owner, status } of groups) {
        if (owner !== undefined) expect({ owner, status }).toEqual({ owner, status: fate(owner, old, now) })
      }
    }),
    { numRuns: 150 },
  )
}, 30_000)

test('causes tell of every line between two states', () => {
  fc.assert(
    fc.property(twoClusters, ([old, now]) => {
      for (const { causes } of reportDifferences(stateSide(old), stateSide(now))) {
        expect(causes.length).toBeGreaterThan(0)
        expect(causes.filter(({ kind }) => kind === 'rules')).toEqual([])
      }
    }),
    { numRuns: 150 },
  )
}, 30_000)

test('the same state differs in nothing, from itself as from a kernel that holds it', () => {
  fc.assert(
    fc.property(randomCluster, (state) => {
      expect(reportDifferences(stateSide(state), stateSide(state))).toEqual([])
      expect(
        reportDifferences(
          kernelSide(state, (saved) => saved),
          wantedSide(state),
        ),
      ).toEqual([])
    }),
    { numRuns: 50 },
  )
}, 30_000)

test('a kernel that holds another state is told of as that state is', () => {
  fc.assert(
    fc.property(twoClusters, ([old, now]) => {
      const groups = reportDifferences(
        kernelSide(old, (saved) => saved),
        wantedSide(now),
      )
      expect(groups).toEqual(reportDifferences(wantedSide(old), wantedSide(now)))
    }),
    { numRuns: 60 },
  )
}, 30_000)

test('endpoints, cluster IPs and node ports that causes name are those that the plans gained and lost', () => {
  fc.assert(
    fc.property(twoClusters, ([old, now]) => {
      for (const { owner, status, causes } of reportDifferences(stateSide(old), stateSide(now))) {
        if (owner === undefined || status !== 'changed') continue
        const [before, after] = [planned(old, owner), planned(now, owner)]
        for (const kind of ['endpoint', 'cluster IP', 'node port'] as const) {
          const named = causes.filter((cause) => cause.kind === kind)
          const removed = new Set(named.flatMap((cause) => cause.removed ?? []))
          const added = new Set(named.flatMap((cause) => cause.added ?? []))
          expect({ kind, removed, added }).toEqual({
            kind,
            removed: lost(before, after, kind),
            added: lost(after, before, kind),
          })
        }
      }
    }),
    { numRuns: 150 },
  )
}, 30_000)

type Values = Readonly<Record<'endpoint' | 'cluster IP' | 'node port', ReadonlySet<string>>>

/** What the plans of each port of a service have, each value with its family: no word of the rules. */
function planned(state: ClusterStore, service: string): ReadonlyMap<string, Values> {
  const node = state.nodes.get('node-1')
  if (node === undefined) throw new Error('every cluster has its node')
  const slices = slicesOf(state, service)
  const lostClaims = state.claims.lostBy(service)
  const plans = families.flatMap((family) =>
    planService(state.services.get(service), slices, family, node, lostClaims).map((plan) => ({ ...plan, family })),
  )
  const byPort = Map.groupBy(plans, ({ name, protocol }) => `${name}/${protocol}`)
  // A port that has lost everything to others has no rules.
  return new Map([...byPort].filter(([, both]) => both.some(isReached)).map(([port, both]) => [port, valuesOf(both)]))
}

function isReached({ clusterIp, external }: PortPlan): boolean {
  return clusterIp !== undefined || external
}

function valuesOf(plans: readonly (PortPlan & { readonly family: Family })[]): Values {
  const set = (values: (plan: PortPlan) => readonly unknown[]) =>
    new Set(plans.flatMap((plan) => values(plan).map((value) => `${plan.family} ${String(value)}`)))
  return {
    endpoint: set(({ choice }) => choice.reachable.map(({ target }) => target)),
    'cluster IP': set(({ clusterIp }) => (clusterIp === undefined ? [] : [clusterIp])),
    'node port': set(({ nodePort }) => (nodePort === undefined ? [] : [nodePort])),
  }
}

/** What ports that both have lost from one to the other. */
function lost(
  from: ReadonlyMap<string, Values>,
  to: ReadonlyMap<string, Values>,
  kind: keyof Values,
): ReadonlySet<string> {
  const gone = [...from].flatMap(([port, values]) => {
    const others = to.get(port)
    return others === undefined ? [] : [...values[kind]].filter((value) => !others[kind].has(value))
  })
  return new Set(gone.map((value) => value.slice('IPv4 '.length)))
}

function fate(service: string, old: ClusterStore, now: ClusterStore): ReportGroup['status'] {
  if (!now.services.has(service)) return 'removed'
  return old.services.has(service) ? 'changed' : 'new'
}

function groupedLines(groups: readonly ReportGroup[]): readonly string[] {
  const sections = groups.flatMap((group) => group.sections)
  return sections
    .flatMap(({ document, section, edits }) => edits.map(({ sign, text }) => `${document} ${section} ${sign} ${text}`))
    .sort()
}

function ungroupedLines(old: ComparedSide, now: ComparedSide): readonly string[] {
  return diffRulesets(documentsOf(old), documentsOf(now))
    .flatMap(({ document, section, edits }) =>
      edits.filter(({ sign }) => sign !== ' ').map(({ sign, text }) => `${document} ${section} ${sign} ${text}`),
    )
    .sort()
}

function documentsOf({ rules, zone }: ComparedSide): readonly DocumentSections[] {
  return [
    ...rules.map(({ family, chains }) => rulesSections(family, chains)),
    ...(zone === undefined ? [] : [zoneSections(zone.domain, zone.lines)]),
  ]
}
