import { joinHostPort } from '../../src/net/address.ts'
import type { Family } from '../../src/net/family.ts'
import type { Fate } from '../../src/plan/packet.ts'
import { addressIn, endpoints } from './places.ts'

/** Fates in the words of the packet table. */
export function fateText(fates: readonly Fate[], family: Family): string {
  return sortedText(fates.map((fate) => oneFate(fate, family)))
}

/** The same text for every order of the fates in it: the order of endpoints is not the same in both families. */
export function sortedWant(want: string): string {
  return sortedText(want.split(', '))
}

function sortedText(fates: readonly string[]): string {
  return fates.toSorted().join(', ')
}

function oneFate({ share: { over, under }, target, masqueraded, verdict }: Fate, family: Family): string {
  const outcome = verdict === 'pass' ? (target === undefined ? 'untouched' : nameOf(target, family)) : verdict
  return [under === 1n ? '' : `${over}/${under} `, outcome, masqueraded ? ' M' : ''].join('')
}

function nameOf(target: string, family: Family): string {
  const port = Number(target.slice(target.lastIndexOf(':') + 1))
  const name = endpoints.find((endpoint) => joinHostPort(addressIn(family, endpoint), port) === target)
  if (name === undefined) return target
  return port === 8080 ? name : `${name}:${port}`
}
