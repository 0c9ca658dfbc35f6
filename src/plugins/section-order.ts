import { recordTypes } from '../dns/record-type.ts'

/** How `loadbalance` puts the records of a section, by their types. */
export const places = { alias: 0, other: 1, address: 2, exchanger: 3 } as const

export function placeOf(type: number): number {
  switch (type) {
    case recordTypes.CNAME:
      return places.alias
    case recordTypes.A:
    case recordTypes.AAAA:
      return places.address
    case recordTypes.MX:
      return places.exchanger
    default:
      return places.other
  }
}
