import { charSet, type CharSet } from './char-set.ts'
import type { Regex } from './regex.ts'

/** The characters that it can begin with, and those behind it if it can be empty. */
export function firstOf(regex: Regex, next: CharSet): CharSet {
  switch (regex.kind) {
    case 'set':
      return regex.set
    case 'assertion':
      return next
    case 'group':
      return firstOf(regex.body, next)
    case 'sequence':
      return regex.items.reduceRight((behind, item) => firstOf(item, behind), next)
    case 'choice':
      return charSet(regex.items.flatMap((item) => firstOf(item, next)))
    case 'repeat':
      return charSet([...firstOf(regex.body, next), ...(regex.min === 0 ? next : [])])
  }
}

/** Whether it can match nothing at all. */
export function isNullable(regex: Regex): boolean {
  switch (regex.kind) {
    case 'set':
      return false
    case 'assertion':
      return true
    case 'group':
      return isNullable(regex.body)
    case 'sequence':
      return regex.items.every(isNullable)
    case 'choice':
      return regex.items.some(isNullable)
    case 'repeat':
      return regex.min === 0 || isNullable(regex.body)
  }
}

/** Whether it can match at the beginning of a text only. */
export function isAnchored(regex: Regex): boolean {
  switch (regex.kind) {
    case 'assertion':
      return regex.assertion === 'text start'
    case 'group':
      return isAnchored(regex.body)
    case 'sequence':
      return regex.items[0] !== undefined && isAnchored(regex.items[0])
    case 'choice':
      return regex.items.every(isAnchored)
    case 'set':
    case 'repeat':
      return false
  }
}
