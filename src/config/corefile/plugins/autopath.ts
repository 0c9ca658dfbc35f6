import { readNoOptions, wordsOf, type Directive } from '../directive.ts'
import { quoted } from '../token.ts'

/** Follows a client's search list for it. */
export interface Autopath {
  readonly name: 'autopath'
  /** Names elsewhere are left alone. */
  readonly zones: readonly string[]
  /** Where the search list comes from: the namespace of the pod that asks, or the `search` line of a resolv.conf(5). */
  readonly searchList: { readonly kind: 'kubernetes' } | { readonly kind: 'resolv.conf'; readonly path: string }
}

/** `autopath [ZONE...] RESOLV-CONF|@kubernetes`. */
export function readAutopath(directive: Directive): Autopath {
  const words = wordsOf(directive)
  readNoOptions(directive)
  const rest = words.takeRest()
  const last = rest.at(-1)
  const zones = rest.length > 1 ? rest.slice(0, -1).flatMap((word) => words.zonesOf(word)) : directive.zones
  if (last === undefined || last.text === '' || (last.text.startsWith('@') && last.text !== '@kubernetes')) {
    words.complain(last, `expected @kubernetes or the path of a resolv.conf, got ${quoted(last)}`)
  }
  const path = last?.text ?? ''
  const searchList = path === '@kubernetes' ? { kind: 'kubernetes' as const } : { kind: 'resolv.conf' as const, path }
  return { name: 'autopath', zones, searchList }
}
