import { parseCidr, type Cidr } from '../../../net/cidr.ts'
import { recordType, type Code } from '../code.ts'
import { optionWords, wordsOf, zonesOf, type Directive } from '../directive.ts'
import type { Line } from '../line.ts'
import { quoted } from '../token.ts'
import { unknownName } from '../unknown-name.ts'
import type { Value } from '../value.ts'
import type { Words } from '../words.ts'

/** Who may ask. The first policy that fits a query counts; a query that none fits is allowed. */
export interface Acl {
  readonly name: 'acl'
  readonly zones: readonly string[]
  readonly policies: readonly AclPolicy[]
}

interface AclPolicy {
  /** `block` answers REFUSED, `filter` NOERROR without records, `drop` nothing. */
  readonly action: (typeof actions)[number]
  /** Empty for every type. */
  readonly types: readonly Code[]
  /** Of clients; empty for every client. */
  readonly networks: readonly Cidr[]
}

const actions = ['allow', 'block', 'filter', 'drop'] as const

const network: Value<Cidr> = {
  expected: 'a network, an address or *',
  parse: (text) => parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`),
}

/** `acl [ZONE...] { ACTION [type TYPE...] [net NETWORK...] }`. */
export function readAcl(directive: Directive): Acl {
  const zones = zonesOf(directive, wordsOf(directive))
  const policies = (directive.line.block ?? []).map((option) => readPolicy(directive, option))
  return { name: 'acl', zones, policies: policies.filter((policy) => policy !== undefined) }
}

function readPolicy(directive: Directive, option: Line): AclPolicy | undefined {
  const action = actions.find((word) => word === option.name.text.toLowerCase())
  if (action !== undefined) return { action, ...readSections(optionWords(directive, option)) }
  directive.problems.add(option.name, `acl: ${unknownName('action', option.name, actions)}`)
  return undefined
}

function readSections(words: Words): Pick<AclPolicy, 'types' | 'networks'> {
  let types: readonly Code[] = []
  let networks: readonly Cidr[] = []
  while (words.next !== undefined) {
    const section = words.take()
    const kind = section?.text.toLowerCase()
    if (kind === 'type') types = readSection(words, recordType)
    else if (kind === 'net') networks = readSection(words, network)
    else {
      words.complain(section, `expected type or net, got ${quoted(section)}`)
      words.takeRest()
    }
  }
  return { types, networks }
}

/** The words up to the next section; empty for `*`, which means all. */
function readSection<T>(words: Words, value: Value<T>): readonly T[] {
  const values: T[] = []
  let all = false
  do {
    if (words.skip('*')) all = true
    else values.push(...[words.read(value)].filter((item) => item !== undefined))
  } while (words.next !== undefined && !/^(type|net)$/i.test(words.next.text))
  return all ? [] : values
}
