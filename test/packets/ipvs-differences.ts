import type { Address } from '../../src/net/address.ts'
import { addressIn, secondAddress, type Sender } from './places.ts'
import type { ServiceName } from './services.ts'
import type { SettingName } from './settings.ts'
import type { Row } from './table.ts'

/** Rows of the packet table that come out otherwise in IPVS mode, for one reason. */
interface IpvsDifference {
  /** As docs/ipvs-behaviours.md names it, where the reason stands. */
  readonly name: string
  readonly applies: (row: Row) => boolean
  /** In the words of the table. */
  readonly want: (row: Row) => string
}

export const ipvsDifferences: readonly IpvsDifference[] = [
  {
    name: 'Policy Local is for everybody',
    applies: ({ from, to, want, packet }) =>
      isInside(from) && !isClusterIp(packet.destination) && localEndpoints[to] !== undefined && want.includes('there'),
    want: ({ from, to }) => masqueradedFor(from, localEndpoints[to] ?? ''),
  },
  {
    name: 'Policy Local without a local endpoint leads elsewhere',
    applies: (row) => row.want === 'drop' && remoteOnly.has(row.to) && !isClosedNodePort(row) && !isShutOut(row),
    want: ({ from, packet }) => (isClusterIp(packet.destination) && !isPod(from) ? 'there M' : 'there'),
  },
  {
    name: 'Only services answer at their addresses',
    applies: ({ want, packet }) => want === 'untouched' && isServiceAddress(packet.destination),
    want: () => 'reject',
  },
  {
    name: 'Node ports are nothing where they are not open',
    applies: (row) => isClosedNodePort(row) && (row.want === 'drop' || row.want === 'reject'),
    want: () => 'untouched',
  },
  {
    name: 'What the node sends to the number of a node port is masqueraded',
    applies: (row) => isClosedNodePort(row) && row.from === 'node',
    want: () => 'untouched M',
  },
  {
    name: 'Source ranges do not hold for what the node sends from an address of its own',
    applies: ({ from, to, want }) => from === 'node' && to === 'ranged-pods' && want === 'drop',
    want: () => '1/2 here M, 1/2 there M',
  },
  {
    name: 'Source ranges come before the refusal',
    applies: ({ from, to }) => from === 'stranger' && to === 'ranged-idle',
    want: () => 'drop',
  },
]

/** The row as IPVS mode has it. */
export function inIpvsMode(row: Row): Row {
  const difference = ipvsDifferences.find(({ applies }) => applies(row))
  return difference === undefined ? row : { ...row, want: difference.want(row) }
}

/** What policy Local leaves of services that have local endpoints. */
const localEndpoints: Partial<Record<ServiceName, string>> = {
  'external-local': 'here',
  'both-local': 'here',
  'two-local': '1/2 here, 1/2 beside',
  'external-ip-only': 'here',
  'ranged-local': 'here',
  'local-draining': 'here',
  'zone-hints-local': 'here',
  'on-node-local': 'node',
}

const remoteOnly = new Set<ServiceName>([
  'remote-only',
  'external-local-remote-only',
  'internal-local-remote-only',
  'ranged-remote-only',
  'remote-draining',
])

/** Where the settings leave node ports closed. */
const closed: Partial<Record<SettingName, readonly Address[]>> = {
  'node ports in one IPv4 network': [addressIn('IPv4', 'node')],
  'node ports in several networks': [addressIn('IPv6', 'node')],
  'node ports on the primary address': [secondAddress.IPv4, secondAddress.IPv6],
}

function isClusterIp(address: Address): boolean {
  return /^(?:10\.96|2001:db8:96:)/.test(address)
}

function isServiceAddress(address: Address): boolean {
  return isClusterIp(address) || /^(?:198\.51\.100\.|2001:db8:198:)/.test(address)
}

/** On loopback they are never open. */
function isClosedNodePort({ setting, packet }: Row): boolean {
  const addresses = [...(closed[setting] ?? []), '127.0.0.1', '::1']
  return packet.port >= 30_000 && packet.port < 32_000 && addresses.includes(packet.destination)
}

/** No source range has it. */
function isShutOut({ from, to }: Row): boolean {
  return from === 'stranger' && to.startsWith('ranged')
}

function isPod(sender: Sender): boolean {
  return sender === 'pod' || sender === 'here'
}

function isInside(sender: Sender): boolean {
  return isPod(sender) || sender === 'node'
}

/** `1/2 here M, 1/2 there` for `here`, which must not see itself as its client. */
function masqueradedFor(from: Sender, fates: string): string {
  return fates
    .split(', ')
    .map((fate) => (from === 'node' || fate.endsWith(from) ? `${fate} M` : fate))
    .join(', ')
}
