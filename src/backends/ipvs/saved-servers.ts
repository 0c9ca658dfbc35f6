import { familyOf, joinHostPort, parseAddress, splitHostPort } from '../../net/address.ts'
import type { Family } from '../../net/family.ts'
import { optional } from '../../model/optional.ts'
import type { Protocol } from '../../net/protocol.ts'
import { serverKey, type RealServer, type VirtualServer } from './virtual-server.ts'

/**
 * Reads what `ipvsadm -S -n` prints of one family, whoever made it; by {@link serverKey}. Virtual servers of a firewall
 * mark, which have no address, are passed over.
 */
export function parseSavedServers(text: string, family: Family): ReadonlyMap<string, VirtualServer> {
  const servers = new Map<string, Omit<VirtualServer, 'realServers'>>()
  const reals = new Map<string, RealServer[]>()
  for (const line of text.split('\n')) {
    const [command, option = '', where = '', ...words] = line.split(' ')
    const door = doorOf(option, where, family)
    if (door === undefined) continue
    const key = serverKey(door)
    if (command === '-A') servers.set(key, { ...door, ...readServer(readWords(words)) })
    if (command === '-a') reals.set(key, [...(reals.get(key) ?? []), readReal(readWords(words))])
  }
  const all = [...servers].map(([key, server]) => [key, { ...server, realServers: byTarget(reals.get(key)) }] as const)
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function doorOf(option: string, where: string, family: Family) {
  const protocol = protocolOf[option]
  const { host, port } = splitHostPort(where)
  const address = parseAddress(host)
  if (protocol === undefined || address === undefined || familyOf(address) !== family) return undefined
  return { protocol, address, port }
}

const protocolOf: Readonly<Record<string, Protocol>> = { '-t': 'TCP', '-u': 'UDP', '--sctp-service': 'SCTP' }

/** Options and their values, in their order; that of one without a value is empty. */
function readWords(words: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  let last = ''
  for (const word of words.filter((each) => each !== '')) {
    if (!word.startsWith('-')) options.set(last, word)
    else options.set((last = word), '')
  }
  return options
}

function readServer(options: ReadonlyMap<string, string>) {
  const persistence = options.get('-p')
  return {
    scheduler: options.get('-s') ?? '',
    flags: options.get('-b') ?? '',
    ...optional('persistence', persistence === undefined ? undefined : Number(persistence)),
    ...optional('other', otherWords(options, ['-s', '-b', '-p'])),
  }
}

function readReal(options: ReadonlyMap<string, string>): RealServer {
  const { host, port } = splitHostPort(options.get('-r') ?? '')
  return {
    target: joinHostPort(parseAddress(host) ?? host, port),
    weight: Number(options.get('-w')),
    ...optional('other', otherWords(options, ['-r', '-m', '-w'])),
  }
}

function otherWords(options: ReadonlyMap<string, string>, known: readonly string[]): string | undefined {
  const other = [...options].filter(([name]) => !known.includes(name))
  return other.length === 0 ? undefined : other.map((words) => words.join(' ').trim()).join(' ')
}

function byTarget(reals: readonly RealServer[] = []): readonly RealServer[] {
  return reals.toSorted((a, b) => (a.target < b.target ? -1 : 1))
}
