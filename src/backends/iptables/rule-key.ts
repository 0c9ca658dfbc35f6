import { parseAddress } from '../../net/address.ts'

/**
 * A text that is the same for every way of writing one rule. The kernel's tools print options in another order than
 * they were given (`-s`, `-d` and `-p` first), add defaults (`/32`, `--reject-with icmp-port-unreachable`,
 * `--mask 255.255.255.255 --rsource`), rewrite marks (`--or-mark 0x4000` as `--set-xmark 0x4000/0x4000`) and round
 * probabilities to 31 bits. Source: the save callbacks of iptables 1.8.
 */
export function ruleKey(spec: string): string {
  const options = splitOptions(tokensOf(spec))
  return options.flatMap(canonicalOption).sort().join('\n')
}

/** Words of a rule, quotes resolved as iptables-restore resolves them. */
function tokensOf(spec: string): readonly string[] {
  if (!spec.includes('"')) return spec.split(' ')
  const words = spec.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? []
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word))
}

interface Option {
  readonly negated: boolean
  readonly name: string
  readonly value: string
}

function splitOptions(tokens: readonly string[]): readonly Option[] {
  const options: Option[] = []
  let negated = false
  for (let i = 0; i < tokens.length; i++) {
    const name = tokens[i] ?? ''
    if (name === '!') {
      negated = true
      continue
    }
    const values: string[] = []
    while (i + 1 < tokens.length && (takesAnything(name) ? values.length === 0 : isValue(tokens[i + 1]))) {
      values.push(tokens[++i] ?? '')
    }
    options.push({ negated, name, value: values.join(' ') })
    negated = false
  }
  return options
}

/** A comment may look like an option or a negation. */
function takesAnything(name: string): boolean {
  return name === '--comment'
}

function isValue(token: string | undefined): boolean {
  return token !== undefined && token !== '!' && !token.startsWith('-')
}

function canonicalOption({ negated, name, value }: Option): readonly string[] {
  const [canonicalName, canonicalValue] = canonicalPair(name, value)
  return canonicalName === '' ? [] : [`${negated ? '! ' : ''}${canonicalName} ${canonicalValue}`]
}

const implied: readonly [string, string] = ['', '']

function canonicalPair(name: string, value: string): readonly [string, string] {
  switch (name) {
    case '-m':
      // -p already says it; the tool prints the module only where it has options.
      return value === 'tcp' || value === 'udp' || value === 'sctp' ? implied : [name, value]
    case '-s':
    case '-d':
      return [name, networkKey(value)]
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
    default:
      return [name, value]
  }
}

function networkKey(value: string): string {
  const [host = '', prefix] = value.split('/')
  return `${parseAddress(host) ?? host}/${prefix ?? (host.includes(':') ? '128' : '32')}`
}
