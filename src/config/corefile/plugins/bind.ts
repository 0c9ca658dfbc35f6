import { parseAddress, type Address } from '../../../net/address.ts'
import { readOptions, wordsOf, type Directive } from '../directive.ts'
import { interfaceName } from '../upstream.ts'
import type { Value } from '../value.ts'

/** Where the server block listens, in place of every address. Several of them add up. */
export interface Bind {
  readonly name: 'bind'
  readonly listen: readonly BindTarget[]
  /** What of it is left out. */
  readonly except: readonly BindTarget[]
}

/** An address, or all addresses that an interface has. */
export type BindTarget =
  { readonly kind: 'address'; readonly address: Address } | { readonly kind: 'interface'; readonly name: string }

const target: Value<BindTarget> = {
  expected: 'an address or the name of an interface',
  parse(text) {
    const address = parseAddress(text)
    if (address !== undefined) return { kind: 'address', address }
    // Digits and dots alone are an address that is wrong.
    return interfaceName.test(text) && !/^[\d.]+$/.test(text) ? { kind: 'interface', name: text } : undefined
  },
}

export function readBind(directive: Directive): Bind {
  const listen = wordsOf(directive).readAll(target)
  const defaults: Bind = { name: 'bind', listen, except: [] }
  return readOptions(directive, defaults, { except: (words) => ({ except: words.readAll(target) }) })
}
