import { optional } from '../../../model/optional.ts'
import { readOptions, wordsOf, type Directive } from '../directive.ts'
import { listenAddress, type ListenAddress } from '../listen-address.ts'
import { duration } from '../value.ts'

/** Answers OK at /health while the process lives. */
export interface Health {
  readonly name: 'health'
  readonly listen: ListenAddress
  /** How long names are answered after the signal to stop. */
  readonly lameduckMs: number
}

export function readHealth(directive: Directive): Health {
  const words = wordsOf(directive)
  const listen = words.readOptional(listenAddress) ?? { host: '', port: 8080 }
  words.end()
  const defaults: Health = { name: 'health', listen, lameduckMs: 0 }
  return readOptions(directive, defaults, {
    lameduck: (option) => optional('lameduckMs', option.read(duration())),
  })
}
