import type { Cidr } from '../../../net/cidr.ts'
import { readOptions, wordsOf, type Directive } from '../directive.ts'
import { cidr, oneOf } from '../value.ts'

/** Shuffles addresses and MX records in answers. */
export interface Loadbalance {
  readonly name: 'loadbalance'
  /** Addresses in one of these come first. */
  readonly prefer: readonly Cidr[]
}

/** `loadbalance [round_robin]`; the one policy has two names. */
export function readLoadbalance(directive: Directive): Loadbalance {
  const words = wordsOf(directive)
  const defaults: Loadbalance = { name: 'loadbalance', prefer: [] }
  if (words.skip('weighted')) {
    words.complain(undefined, 'the policy weighted is not supported; expected round_robin')
    return defaults
  }
  words.readOptional(oneOf('round_robin', 'random'))
  words.end()
  return readOptions(directive, defaults, {
    prefer: (option, { prefer }) => ({ prefer: [...prefer, ...option.readAll(cidr)] }),
  })
}
