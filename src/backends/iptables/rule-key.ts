import { parseAddress } from '../../net/address.ts'
import { ruleOptions, type RuleOption } from './rule-options.ts'
import type { Rule } from '../../xtables/rule.ts'

/**
 * A text that is the same for every way of writing one rule. The kernel's tools print options in another order than
 * they were given (`-s`, `-d` and `-p` first), add defaults (`/32`, `--reject-with icmp-port-unreachable`,
 * `--mask 255.255.255.255 --rsource`), rewrite marks (`--or-mark 0x4000` as `--set-xmark 0x4000/0x4000`) and round
 * probabilities to 31 bits. Source: the save callbacks of iptables 1.8.
 */
export function ruleKey(spec: string): string {
  return optionsKey(canonicalOptions(spec))
}

/** Whether both say the same. */
export function isSameRule(a: string, b: string): boolean {
  return a === b || ruleKey(a) === ruleKey(b)
}

/** The key of some of its {@link canonicalOptions}. */
export function optionsKey(options: readonly RuleOption[]): string {
  return options.map(optionText).sort().join('\n')
}

/** The options that tell a rule from others, each in the one way of writing it. */
export function canonicalOptions(spec: string): readonly RuleOption[] {
  return ruleOptions(spec).flatMap(canonicalOption)
}

/** The same for a rule and the chain it stands in. */
export function placedRuleKey({ chain, spec }: Rule): string {
  return `${chain}\n${ruleKey(spec)}`
}

function canonicalOption({ negated, name, value }: RuleOption): readonly RuleOption[] {
  const [canonicalName, canonicalValue] = canonicalPair(name, value, negated)
  return canonicalName === '' ? [] : [{ negated, name: canonicalName, value: canonicalValue }]
}

function optionText({ negated, name, value }: RuleOption): string {
  return `${negated ? '! ' : ''}${name} ${value}`
}

const implied: readonly [string, string] = ['', '']

function canonicalPair(name: string, value: string, negated: boolean): readonly [string, string] {
  switch (name) {
    case '-m':
      // -p already says it; the tool prints the module only where it has options.
      return value === 'tcp' || value === 'udp' || value === 'sctp' ? implied : [name, value]
    case '-s':
    case '-d':
      // The tools print no network that holds every address.
      return value.endsWith('/0') && !negated ? implied : [name, networkKey(value)]
    case '--to-destination':
      return [name, targetKey(value)]
    case '--mark':
    case '--set-xmark':
      return [name, value.split('/').map(Number).join('/')]
    case '--or-mark':
      return ['--set-xmark', `${Number(value)}/${Number(value)}`]
    case '--xor-mark':
      return ['--set-xmark', `${Number(value)}/0`]
    case '--probability':
      // The kernel holds a fraction of 2^31.
      return [name, String(Math.round(Number(value) * 2 ** 31))]
    case '--ctstate':
      return [name, value.split(',').sort().join(',')]
    case '--reject-with':
      return value === 'icmp-port-unreachable' || value === 'icmp6-port-unreachable' ? implied : [name, value]
    case '--mask':
      return value === '255.255.255.255' || value === 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
        ? implied
        : [name, value]
    case '--rsource':
      return implied
    case '--vproto':
      return [name, protocolNumbers[value] ?? value]
    default:
      return [name, value]
  }
}

/** Which iptables prints in place of the names. Source: the IANA protocol numbers. */
const protocolNumbers: Readonly<Record<string, string>> = { tcp: '6', udp: '17', sctp: '132' }

function networkKey(value: string): string {
  const [host = '', prefix] = value.split('/')
  return `${parseAddress(host) ?? host}/${prefix ?? (host.includes(':') ? '128' : '32')}`
}

/** `[::102:304]:80` for `[::1.2.3.4]:80`: the tools print some IPv6 addresses with a dotted end. */
function targetKey(value: string): string {
  return value.replace(/^\[(.+)\]/, (whole, address: string) => `[${parseAddress(address) ?? whole}]`)
}
