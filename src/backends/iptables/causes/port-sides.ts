import type { Family } from '../../../net/family.ts'
import type { FamilySides } from './chain-change.ts'
import { portFacts, portsOf, type PortFacts, type PortId } from './port-facts.ts'
import { portLabel } from './service-comment.ts'

/** What the rules of one port say, on both sides, in every family. */
export interface PortSides {
  /** `http`; `dns/UDP` where the service has the name twice; absent when the port has no name. */
  readonly label?: string
  readonly families: readonly PortFamily[]
}

export interface PortFamily {
  readonly family: Family
  readonly old: PortFacts
  readonly now: PortFacts
}

/** The ports of a service that the rules of either side name, sorted. */
export function readPorts(service: string, families: readonly FamilySides[]): readonly PortSides[] {
  const found = families.flatMap(({ old, now }) => [...portsOf(service, old), ...portsOf(service, now)])
  const ports = [...new Map(found.map((port) => [`${port.name}/${port.protocol}`, port]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, port]) => port)
  return ports.map((port) => ({
    ...labelOf(port, ports),
    families: families.map(({ family, old, now }) => ({
      family,
      old: portFacts(port, old, now),
      now: portFacts(port, now, old),
    })),
  }))
}

export function hasRules({ values, chains }: PortFacts): boolean {
  return values.size > 0 || chains.length > 0
}

function labelOf(port: PortId, ports: readonly PortId[]): { readonly label?: string } {
  const label = portLabel(port.name)
  const ambiguous = ports.filter(({ name }) => name === port.name).length > 1
  if (label === undefined) return ambiguous ? { label: port.protocol } : {}
  return { label: ambiguous ? `${label}/${port.protocol}` : label }
}
