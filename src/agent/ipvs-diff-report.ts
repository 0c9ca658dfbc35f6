import { serverWords, wordsInLine } from '../backends/ipvs/virtual-server.ts'
import type { Cause } from '../diff/cause.ts'
import { groupByOwner, type OwnedDiff } from '../diff/grouped-diff.ts'
import type { Edit } from '../diff/line-diff.ts'
import type { ReportGroup } from '../diff/report.ts'
import { diffRulesets, type DocumentSections, type SectionDiff } from '../diff/ruleset-diff.ts'
import { nameCauses } from '../dns/name-cause.ts'
import { ZoneSide } from '../dns/zone-side.ts'
import type { ZoneText } from './compared-side.ts'
import { ipvsDocumentNames, zoneDocumentName, zoneSections } from './documents.ts'
import { ipvsCauses } from './ipvs-causes.ts'
import { ipvsSections, lineOwners, type IpvsFamilySide } from './ipvs-side.ts'

/** What a state asks of IPVS mode, or what a kernel holds. */
export interface ComparedIpvs {
  readonly families: readonly IpvsFamilySide[]
  /** Absent for a kernel, which has no names. */
  readonly zone?: ZoneText
}

/** What differs between two sides in IPVS mode, by the Service it belongs to, and why. Empty when nothing does. */
export function reportIpvsDifferences(old: ComparedIpvs, now: ComparedIpvs): readonly ReportGroup[] {
  const sides = { old: new IpvsSide(old, now), now: new IpvsSide(now, old) }
  const diffs = diffRulesets(sides.old.sections, sides.now.sections)
  const ownerOf = (diff: SectionDiff, edit: Edit) => sides[edit.sign === '-' ? 'old' : 'now'].ownerOf(diff, edit)
  return groupByOwner(diffs, ownerOf).map((group) => ({ ...group, ...explain(sides, group) }))
}

interface Sides {
  readonly old: IpvsSide
  readonly now: IpvsSide
}

class IpvsSide {
  readonly sections: readonly DocumentSections[]
  readonly zone: ZoneSide
  readonly #owners: ReadonlyMap<string, string>
  /** Those with a virtual server. */
  readonly #services: ReadonlySet<string | undefined>

  /** @param other A kernel knows no service: whose something is, the other side tells. */
  constructor({ families, zone }: ComparedIpvs, other: ComparedIpvs) {
    this.sections = [
      ...families.flatMap(ipvsSections),
      ...(zone === undefined ? [] : [zoneSections(zone.domain, zone.lines)]),
    ]
    this.zone = new ZoneSide(zone?.lines ?? [], zone?.apex ?? '')
    this.#owners = new Map([...other.families, ...families].flatMap((side) => [...lineOwners(side)]))
    const servers = families.flatMap(({ state }) => [...state.servers.values()])
    this.#services = new Set(servers.map((server) => this.#owners.get(serverWords(server))))
  }

  has(service: string): boolean {
    return this.#services.has(service)
  }

  ownerOf({ document }: SectionDiff, { text }: Edit): string | undefined {
    if (document === zoneDocumentName) return this.zone.serviceOf(text)
    return this.#owners.get(document === ipvsDocumentNames.servers ? wordsInLine(text) : text)
  }
}

function explain({ old, now }: Sides, { owner, sections }: OwnedDiff): Pick<ReportGroup, 'status' | 'causes'> {
  const causes = ipvsCauses(sections)
  const names = nameCauses(
    old.zone,
    now.zone,
    sections
      .filter(({ document }) => document === zoneDocumentName)
      .flatMap(({ edits }) => edits.map(({ text }) => text)),
  )
  const made = causes.length > 0
  if (owner !== undefined && made && now.has(owner) && !old.has(owner)) {
    return { status: 'new', causes: [{ kind: 'new', says: 'new' }, ...causes.filter(isWorthSaying)] }
  }
  if (owner !== undefined && made && old.has(owner) && !now.has(owner)) {
    return { status: 'removed', causes: [{ kind: 'removed', says: 'removed' }] }
  }
  return { status: 'changed', causes: [...causes, ...names] }
}

/** Of a new service: where it is reached, and by what. */
function isWorthSaying({ kind }: Cause): boolean {
  return kind === 'virtual server' || kind === 'endpoint'
}
