import { hasRules, readPorts } from '../backends/iptables/causes/port-sides.ts'
import { serviceCauses } from '../backends/iptables/causes/service-cause.ts'
import { summarizePorts } from '../backends/iptables/causes/service-summary.ts'
import { sharedCauses } from '../backends/iptables/causes/shared-cause.ts'
import type { Cause } from '../diff/cause.ts'
import { groupByOwner, type OwnedDiff } from '../diff/grouped-diff.ts'
import type { ReportGroup } from '../diff/report.ts'
import { diffRulesets, type DocumentSections } from '../diff/ruleset-diff.ts'
import { nameCauses } from '../dns/name-cause.ts'
import type { ComparedSide } from './compared-side.ts'
import { rulesSections, zoneSections } from './documents.ts'
import { chainChanges, changedRecords, ownerOf, pairSides, type PairedSides } from './paired-sides.ts'

/** What differs between two sides, by the Service it belongs to, and why. Empty when nothing does. */
export function reportDifferences(old: ComparedSide, now: ComparedSide): readonly ReportGroup[] {
  const diffs = diffRulesets(sectionsOf(old), sectionsOf(now))
  const sides = pairSides(old, now)
  return groupByOwner(diffs, (diff, edit) => ownerOf(sides, diff, edit)).map((group) => ({
    ...group,
    ...(group.owner === undefined ? explainShared(sides, group) : explainService(sides, group, group.owner)),
  }))
}

function sectionsOf({ rules, zone }: ComparedSide): readonly DocumentSections[] {
  return [
    ...rules.map(({ family, chains }) => rulesSections(family, chains)),
    ...(zone === undefined ? [] : [zoneSections(zone.domain, zone.lines)]),
  ]
}

type Explanation = Pick<ReportGroup, 'status' | 'causes'>

function explainShared(sides: PairedSides, { sections }: OwnedDiff): Explanation {
  const rules = sharedCauses(sides.families, chainChanges(sides, sections))
  return { status: 'changed', causes: [...rules, ...namesOf(sides, sections)] }
}

function explainService(sides: PairedSides, { sections }: OwnedDiff, service: string): Explanation {
  const { families, zones } = sides
  const ports = readPorts(service, families)
  const names = namesOf(sides, sections)
  const isIn = (side: 'old' | 'now') =>
    zones[side].hasService(service) || ports.some((port) => port.families.some((facts) => hasRules(facts[side])))
  const [before, after] = [isIn('old'), isIn('now')]
  if (after && !before) {
    const parts = ports.length > 0 ? summarizePorts(ports) : names.map(asNew)
    return { status: 'new', causes: [{ kind: 'new', says: 'new' }, ...parts] }
  }
  if (before && !after) return { status: 'removed', causes: [{ kind: 'removed', says: 'removed' }] }
  const changes = chainChanges(sides, sections)
  const rules = changes.length === 0 ? [] : serviceCauses(service, families, ports, changes)
  // Chains that are left over of a Service that neither side has go.
  return { status: after ? 'changed' : 'removed', causes: [...rules, ...names] }
}

function namesOf({ zones }: PairedSides, sections: OwnedDiff['sections']): readonly Cause[] {
  return nameCauses(zones.old, zones.now, changedRecords(sections))
}

function asNew({ kind, added = [] }: Cause): Cause {
  return { kind, has: added }
}
