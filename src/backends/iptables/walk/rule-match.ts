import { parseAddress, type Address } from '../../../net/address.ts'
import { cidrContains, parseCidr } from '../../../net/cidr.ts'
import { partOf, type Share } from '../../../plan/share.ts'
import { parseMark } from './packet-mark.ts'
import type { Way } from './packet-way.ts'
import { probability } from '../probability.ts'
import type { RuleOption } from '../rule-options.ts'
import { cannotWalk, type WalkedRule } from './walked-rule.ts'

/** Whether the node itself has an address: what addrtype calls LOCAL. */
export type IsOwn = (address: Address) => boolean

/** What a matching rule takes of a way, and what of it passes on to the next rule, if anything. */
export interface Taken {
  readonly share: Share
  readonly rest?: Share
}

/**
 * What a rule takes of a way; undefined when it does not match. Throws a RangeError when that depends on a match that is
 * not known here: to take it for matching would be a wrong answer that nobody notices.
 */
export function takenShare(rule: WalkedRule, way: Way, isOwn: IsOwn): Taken | undefined {
  const held = rule.matches.map((option) => holds(option, way, isOwn))
  if (held.includes(false)) return undefined
  const unknown = rule.matches[held.indexOf(undefined)]
  if (unknown !== undefined) throw cannotWalk(rule, `"${optionText(unknown)}" is not known here`)
  const chance = rule.matches.find(({ name }) => name === '--probability')
  if (chance === undefined) return { share: way.share }
  const n = inverse(Number(chance.value))
  if (n === undefined) throw cannotWalk(rule, `"${optionText(chance)}" is no 1/n`)
  return { share: partOf(way.share, 1n, n), ...(n > 1n && { rest: partOf(way.share, n - 1n, n) }) }
}

type Matcher = (value: string, way: Way, isOwn: IsOwn) => boolean | undefined

/** Every option that says whether a rule matches. Undefined: not with this value. */
const matchers: Readonly<Record<string, Matcher>> = {
  '-s': (value, { packet }) => inNetwork(packet.source, value),
  '-d': (value, { packet }) => inNetwork(packet.destination, value),
  // Numbers, and "all", are not what the tools print of the protocols that services have.
  '-p': (value, { packet }) => (/^(\d+|all)$/.test(value) ? undefined : packet.protocol.toLowerCase() === value),
  '--dport': (value, { packet }) => inPorts(packet.port, value),
  '-i': (value, { packet }) => isInterface(packet.inInterface, value),
  '--src-type': (value, { packet }, isOwn) => (value === 'LOCAL' ? isOwn(packet.source) : undefined),
  '--dst-type': (value, { packet }, isOwn) => (value === 'LOCAL' ? isOwn(packet.destination) : undefined),
  '--mark': (value, { mark }) => {
    const wanted = parseMark(value)
    return wanted && (mark & wanted.mask) >>> 0 === wanted.value
  },
  '--ctstate': (value, way) => inState(way, value.split(',')),
  // Affinity remembers nobody, and remembers everybody it is shown.
  '--rcheck': () => false,
  '--set': () => true,
}

/** Options that say how to match, or nothing about it. */
const particulars: ReadonlySet<string> = new Set(
  '--comment --name --seconds --reap --mask --rsource --nfacct-name --probability'.split(' '),
)

const modules: ReadonlySet<string> = new Set(
  'comment tcp udp sctp addrtype conntrack mark statistic recent nfacct'.split(' '),
)

const states: ReadonlySet<string> = new Set('INVALID NEW ESTABLISHED RELATED UNTRACKED SNAT DNAT'.split(' '))

function holds({ negated, name, value }: RuleOption, way: Way, isOwn: IsOwn): boolean | undefined {
  const matcher = Object.hasOwn(matchers, name) ? matchers[name] : undefined
  if (matcher !== undefined) {
    const met = matcher(value, way, isOwn)
    return met === undefined ? undefined : met !== negated
  }
  if (negated) return undefined
  if (name === '-m') return modules.has(value) || undefined
  if (name === '--mode') return value === 'random' || undefined
  return particulars.has(name) || undefined
}

function optionText({ negated, name, value }: RuleOption): string {
  return `${negated ? '! ' : ''}${name} ${value}`.trimEnd()
}

function inNetwork(address: Address, text: string): boolean | undefined {
  const [host = '', prefix] = text.split('/')
  // Most are one address, and a CIDR takes long to read.
  if (prefix === undefined || prefix === (host.includes(':') ? '128' : '32')) {
    const one = parseAddress(host)
    return one === undefined ? undefined : one === address
  }
  const cidr = parseCidr(text)
  return cidr && cidrContains(cidr, address)
}

function inPorts(port: number, text: string): boolean | undefined {
  const [, first = '', last = first] = /^(\d+)(?::(\d+))?$/.exec(text) ?? []
  return first === '' ? undefined : Number(first) <= port && port <= Number(last)
}

/** `veth+` is every interface whose name begins so. A packet of the node itself came in by none, which no name matches. */
function isInterface(name = '', wanted: string): boolean {
  return wanted.endsWith('+') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
}

/** The first packet of a connection is new; after a translation it is also DNAT or SNAT. */
function inState(way: Way, wanted: readonly string[]): boolean | undefined {
  if (!wanted.every((state) => states.has(state))) return undefined
  const own = ['NEW', ...(way.masqueraded ? ['SNAT'] : []), ...(way.target === undefined ? [] : ['DNAT'])]
  return own.some((state) => wanted.includes(state))
}

/** Beyond this the ten decimals of a rule, and the 31 bits of the kernel, no longer tell 1/n from its neighbours. */
const maxInverse = 40_000

function inverse(chance: number): bigint | undefined {
  const n = Math.round(1 / chance)
  return n <= maxInverse && Math.abs(Number(probability(n)) - chance) < 1e-9 ? BigInt(n) : undefined
}
