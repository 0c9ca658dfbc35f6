import { readNoOptions, wordsOf, type Directive } from '../directive.ts'

/**
 * A plugin that is there or not, and nothing more: `any` answers queries of type ANY with one HINFO (RFC 8482), `minimal`
 * leaves out the authority and additional sections, `whoami` answers with the client's own address.
 */
export interface Switch<Name extends 'any' | 'minimal' | 'whoami'> {
  readonly name: Name
}

export function readSwitch<Name extends 'any' | 'minimal' | 'whoami'>(
  name: Name,
): (directive: Directive) => Switch<Name> {
  return (directive) => {
    wordsOf(directive).end()
    readNoOptions(directive)
    return { name }
  }
}
