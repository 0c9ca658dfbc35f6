import { optional } from '../../../model/optional.ts'
import { readOptions, wordsOf, type Directive } from '../directive.ts'
import { listenAddress, type ListenAddress } from '../listen-address.ts'
import { oneOf } from '../value.ts'

/** Answers OK at /ready once every plugin is. */
export interface Ready {
  readonly name: 'ready'
  readonly listen: ListenAddress
  /** Whether a plugin that was ready once is asked again. */
  readonly monitor: 'until-ready' | 'continuously'
}

export function readReady(directive: Directive): Ready {
  const words = wordsOf(directive)
  const listen = words.readOptional(listenAddress) ?? { host: '', port: 8181 }
  words.end()
  const defaults: Ready = { name: 'ready', listen, monitor: 'until-ready' }
  return readOptions(directive, defaults, {
    monitor: (option) => optional('monitor', option.read(oneOf('until-ready', 'continuously'))),
  })
}
