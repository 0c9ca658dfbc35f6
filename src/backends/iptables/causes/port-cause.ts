import { listCause, valueCause, type Cause } from './cause.ts'
import { portChainKind } from '../chain-name.ts'
import { valuesOf, type PortFacts } from './port-facts.ts'
import type { Aspect } from './rule-facts.ts'

/** Why the rules of a port differ in one family, as far as what they say tells it. Both sides have rules of it. */
export function portCauses(old: PortFacts, now: PortFacts): readonly Cause[] {
  const known = comparable(old, now)
  const lists = (aspects: readonly Aspect[]) =>
    aspects.filter(known).flatMap((aspect) => listCause(aspect, valuesOf(old, aspect), valuesOf(now, aspect)))
  const values = (aspects: readonly Aspect[]) =>
    aspects.filter(known).flatMap((aspect) => valueCause(aspect, valuesOf(old, aspect), valuesOf(now, aspect)))
  return [
    ...flushedCauses(old, now),
    ...lists(['cluster IP', 'service port']),
    ...addressCauses(old, now),
    ...lists(['node port', 'endpoint']),
    ...policyCauses(old, now).filter(({ kind }) => known(kind)),
    ...rangeCauses(old, now).filter(({ kind }) => known(kind)),
    ...trafficCauses(old, now),
    ...values(['internal traffic policy', 'external traffic policy', 'session affinity']),
    ...values(['masquerading', 'source of pod traffic']),
  ]
}

function flushedCauses(old: PortFacts, now: PortFacts): readonly Cause[] {
  const has = old.emptied.filter((chain) => now.chains.includes(chain))
  return has.length === 0 ? [] : [{ kind: 'empty chain', has }]
}

/** What the chains of a kind say: nothing can be said of it when they were flushed. */
const said: Readonly<Record<string, readonly string[]>> = {
  'KUBE-SVC': ['endpoint', 'endpoint under policy Cluster', 'session affinity', 'masquerading'],
  'KUBE-SVL': ['endpoint', 'endpoint under policy Local', 'session affinity', 'masquerading'],
  'KUBE-EXT': ['external traffic policy', 'source of pod traffic'],
  'KUBE-FW': ['source range'],
}

/** Whether both sides have the rules that would say an aspect: what is refused, say, shows no affinity. */
function comparable(old: PortFacts, now: PortFacts): (aspect: string) => boolean {
  const both = (aspect: Aspect) => valuesOf(old, aspect).length > 0 && valuesOf(now, aspect).length > 0
  const served = [old, now].every((facts) => traffic(facts, 'traffic to the cluster IP') === 'served')
  const flushed = new Set(old.emptied.flatMap((chain) => said[portChainKind(chain) ?? ''] ?? []))
  return (aspect) => {
    if (flushed.has(aspect)) return false
    switch (aspect) {
      case 'source range':
        return old.chains.length > 0 && now.chains.length > 0
      case 'session affinity':
        return both('endpoint')
      case 'masquerading':
        return served
      case 'service port':
      case 'internal traffic policy':
      case 'external traffic policy':
      case 'endpoint under policy Cluster':
      case 'endpoint under policy Local':
        return both(aspect)
      case 'source of pod traffic':
        return [old, now].every((facts) => valuesOf(facts, 'external traffic policy').includes('Local'))
      default:
        return true
    }
  }
}

/** An address that is refused on one side has no word for its kind there, so that it has changed is not known. */
function addressCauses(old: PortFacts, now: PortFacts): readonly Cause[] {
  return externalKinds.flatMap((kind) => {
    const alike = kind === 'external address' ? externalKinds : ([kind, 'external address'] as const)
    const missing = (from: PortFacts, to: PortFacts) => {
      const there = new Set(alike.flatMap((each) => valuesOf(to, each)))
      return valuesOf(from, kind).filter((address) => !there.has(address))
    }
    return listCause(kind, missing(old, now), missing(now, old))
  })
}

const externalKinds = ['external IP', 'load balancer IP', 'external address'] as const

/** Endpoints that stay, but are used under another policy: one that moved to this node, or a hint that changed. */
function policyCauses(old: PortFacts, now: PortFacts): readonly Cause[] {
  const [before, after] = [new Set(valuesOf(old, 'endpoint')), new Set(valuesOf(now, 'endpoint'))]
  const stays = (target: string) => before.has(target) && after.has(target)
  return (['endpoint under policy Cluster', 'endpoint under policy Local'] as const).flatMap((aspect) =>
    listCause(aspect, valuesOf(old, aspect).filter(stays), valuesOf(now, aspect).filter(stays)),
  )
}

/** A node that the ranges hold reaches a load balancer address from that address: no range that anybody set. */
function rangeCauses(old: PortFacts, now: PortFacts): readonly Cause[] {
  const own = new Set([old, now].flatMap((facts) => valuesOf(facts, 'load balancer IP')))
  const ranges = (facts: PortFacts) => valuesOf(facts, 'source range').filter((range) => !own.has(range))
  return listCause('source range', ranges(old), ranges(now))
}

type Traffic = 'traffic to the cluster IP' | 'traffic from outside'

function trafficCauses(old: PortFacts, now: PortFacts): readonly Cause[] {
  const inside = become(old, now, 'traffic to the cluster IP')
  const outside = become(old, now, 'traffic from outside')
  const hasOutside = [old, now].some((facts) => traffic(facts, 'traffic from outside') !== undefined)
  const all = inside !== undefined && (inside === outside || !hasOutside)
  const says = all
    ? [`now ${inside}`]
    : [
        ...(inside === undefined ? [] : [`traffic to the cluster IP now ${inside}`]),
        ...(outside === undefined ? [] : [`traffic from outside now ${outside}`]),
      ]
  return says.map((statement) => ({ kind: 'traffic', says: statement }))
}

const reasons = { served: 'served', refused: 'refused: no endpoints', dropped: 'dropped: no local endpoints' }

/** What happens to traffic now, if something else happened to it before. */
function become(old: PortFacts, now: PortFacts, aspect: Traffic): string | undefined {
  const [before, after] = [traffic(old, aspect), traffic(now, aspect)]
  return before === undefined || after === undefined || before === after ? undefined : reasons[after]
}

/** What the filter table refuses or drops is not served, wherever the nat table would send it. */
export function traffic(facts: PortFacts, aspect: Traffic): 'served' | 'refused' | 'dropped' | undefined {
  const values = valuesOf(facts, aspect)
  return (['refused', 'dropped', 'served'] as const).find((word) => values.includes(word))
}
