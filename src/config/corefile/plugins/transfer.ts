import { optional } from '../../../model/optional.ts'
import type { Address } from '../../../net/address.ts'
import { parseAddressPort, type AddressPort } from '../../address-port.ts'
import { readOptions, wordsOf, zonesOf, type Directive } from '../directive.ts'
import { address, type Value } from '../value.ts'

/** Who may have whole zones. */
export interface Transfer {
  readonly name: 'transfer'
  readonly zones: readonly string[]
  /** Servers that may ask, whatever their port, and that are told of changes; `*` is anybody that asks. */
  readonly to: readonly (AddressPort | '*')[]
  /** The address that they are told from; absent: the one that routing chooses. */
  readonly source?: Address
}

const receiver: Value<AddressPort | '*'> = {
  expected: 'an address with or without a port, or *',
  parse: (text) => (text === '*' ? text : parseAddressPort(text)),
}

/** `transfer [ZONE...] { to ADDRESS|*... }`. */
export function readTransfer(directive: Directive): Transfer {
  const words = wordsOf(directive)
  const defaults: Transfer = { name: 'transfer', zones: zonesOf(directive, words), to: [] }
  const transfer = readOptions(directive, defaults, {
    to: (option, { to }) => ({ to: [...to, ...option.readAll(receiver)] }),
    source: (option) => optional('source', option.read(address)),
  })
  const { line } = directive
  if (line.block?.some(({ name }) => name.text === 'to') !== true) {
    words.complain(undefined, 'expected { and to, got nothing')
  }
  return transfer
}
