import { isWithin } from '../dns/name.ts'

/** The longest of the zones that holds a name; undefined when none does. Both in lower case. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
  let found: string | undefined
  for (const zone of zones) if (isWithin(name, zone) && zone.length > (found?.length ?? 0)) found = zone
  return found
}
