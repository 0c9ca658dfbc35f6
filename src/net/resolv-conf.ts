import { parseAddress, type Address } from './address.ts'

/** What a resolv.conf(5) says about where names are asked for, and which. */
export interface ResolvConf {
  readonly nameservers: readonly ResolvConfServer[]
  /** As written, without the dot at the end; `.` is the root. Of several `search` and `domain` lines the last one counts. */
  readonly search: readonly string[]
  /** Absent without the option; at most 15, as in glibc. */
  readonly ndots?: number
}

interface ResolvConfServer {
  readonly address: Address
  /** Of a link-local IPv6 address: the `eth0` of `fe80::1%eth0`. */
  readonly interface?: string
}

/** The most lines that count: whatever stands in the file, what comes of it stays small. */
const maxLines = 1000
/** As many as CoreDNS forwards to. glibc asks the first three. */
const maxServers = 15
/** As many as Kubernetes lets a pod have. */
const maxSearch = 32

/** Reads the text of a resolv.conf(5). What it does not know or cannot read it leaves out, as resolvers do. */
export function parseResolvConf(text: string): ResolvConf {
  const lines = text.split('\n', maxLines).flatMap((line) => wordsOf(line))
  const all = (keyword: string): readonly (readonly string[])[] =>
    lines.filter(([first]) => first === keyword).map(([, ...rest]) => rest)
  const domains = lines.findLast(([first]) => first === 'search' || first === 'domain')
  const ndots = all('options')
    .flat()
    .findLast((option) => /^ndots:\d{1,9}$/.test(option))
  return {
    nameservers: all('nameserver')
      .flatMap(([address = '']) => serverOf(address) ?? [])
      .slice(0, maxServers),
    search: searchOf(domains).slice(0, maxSearch),
    ...(ndots !== undefined && { ndots: Math.min(Number(ndots.slice('ndots:'.length)), 15) }),
  }
}

/** The words of a line up to a comment; none for a line that begins with a blank, whose keyword nobody sees. */
function wordsOf(line: string): readonly (readonly string[])[] {
  if (/^\s/.test(line)) return []
  const words = line.trimEnd().split(/[ \t]+/)
  const comment = words.findIndex((word) => /^[#;]/.test(word))
  return [comment === -1 ? words : words.slice(0, comment)]
}

function serverOf(text: string): ResolvConfServer | undefined {
  const [, host = '', name] = /^([^%]*)(?:%([\w.@-]{1,15}))?$/.exec(text) ?? []
  const address = parseAddress(host)
  if (address === undefined || (name !== undefined && !address.includes(':'))) return undefined
  return name === undefined ? { address } : { address, interface: name }
}

/** `domain` has one name, `search` a list. */
function searchOf([keyword, ...names]: readonly string[] = []): readonly string[] {
  const entries = keyword === 'domain' ? names.slice(0, 1) : names
  return entries.map((entry) => entry.replace(/(?<=.)\.$/, ''))
}
