import { RegexError, type Regex } from './regex.ts'

/** The names of the groups that capture, in their order; empty for one without a name. */
export function groupsOf(regex: Regex): readonly string[] {
  switch (regex.kind) {
    case 'set':
    case 'assertion':
      return []
    case 'sequence':
    case 'choice':
      return regex.items.flatMap(groupsOf)
    case 'repeat':
      return groupsOf(regex.body)
    case 'group':
      return [regex.name, ...groupsOf(regex.body)]
  }
}

/**
 * Throws when JavaScript would fill a group otherwise than RE2: each round of a repetition empties the groups inside it in
 * JavaScript, while in RE2 a round that leaves a group out, as in `(?:(a)|b)*`, keeps what an earlier one put there.
 */
export function checkCaptures(regex: Regex): void {
  switch (regex.kind) {
    case 'set':
    case 'assertion':
      return
    case 'sequence':
    case 'choice':
      regex.items.forEach(checkCaptures)
      return
    case 'repeat':
      if (regex.max > 1 && canLeaveOutGroup(regex.body)) {
        throw new RegexError('a round of a repetition can leave out a group; make it one that does not capture, (?:)')
      }
      checkCaptures(regex.body)
      return
    case 'group':
      checkCaptures(regex.body)
  }
}

function canLeaveOutGroup(regex: Regex): boolean {
  switch (regex.kind) {
    case 'set':
    case 'assertion':
      return false
    case 'sequence':
      return regex.items.some(canLeaveOutGroup)
    case 'choice':
      return groupsOf(regex).length > 0
    case 'repeat':
      return regex.min === 0 ? groupsOf(regex.body).length > 0 : canLeaveOutGroup(regex.body)
    case 'group':
      return canLeaveOutGroup(regex.body)
  }
}
