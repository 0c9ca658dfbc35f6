import type { Address } from '../../src/net/address.ts'
import { families, type Family } from '../../src/net/family.ts'
import type { Protocol } from '../../src/net/protocol.ts'
import type { Packet } from '../../src/plan/packet.ts'
import { addressIn, interfaceOf, secondAddress, strangerAddress, type Sender } from './places.ts'
import { hints, onePort, terminating } from './endpoint-rows.ts'
import { policies, refusals } from './policy-rows.ts'
import type { Door, RowText } from './row-text.ts'
import { masquerading, nodePorts } from './setting-rows.ts'
import { sourceRanges } from './source-range-rows.ts'
import { healthCheckPortOf, nodePortOf, portsOf, serviceAddress } from './service-objects.ts'
import { serviceOf, type ServiceName } from './services.ts'
import { ownedVip, type Setting, type SettingName } from './settings.ts'

/** One packet in one family, and its fates: `1/2 here M, 1/2 there`, `reject`, `drop`, `untouched`. */
export interface Row {
  /** `client to plain by node port: 1/2 here M, 1/2 there M`. */
  readonly name: string
  readonly setting: SettingName
  readonly from: Sender
  readonly to: ServiceName
  readonly packet: Packet
  readonly family: Family
  /** M: masqueraded. A port stands behind a name where it is not 8080, and no share where it is the whole. */
  readonly want: string
}

const rows: readonly RowText[] = [
  ...policies,
  ...refusals,
  ...masquerading,
  ...sourceRanges,
  ...terminating,
  ...hints,
  ...onePort,
  ...nodePorts,
]

const packetTable: readonly Row[] = rows.flatMap((text) =>
  list(text.from).flatMap((from) =>
    list(text.to).flatMap((to) =>
      list(text.by).flatMap((by) => (text.families ?? families).map((family) => rowOf(text, from, to, by, family))),
    ),
  ),
)

function rowOf(text: RowText, from: Sender, to: ServiceName, by: Door, family: Family): Row {
  const { in: setting = 'usual', want } = text
  const { protocol, ...destination } = destinationOf(to, text.portName, by, family)
  const packet: Packet = {
    source: sourceOf(from, family),
    ...destination,
    protocol: text.protocol ?? protocol,
    ...(text.port !== undefined && { port: text.port }),
    ...inInterface(from),
  }
  const other = [text.portName, text.protocol, text.port].filter((part) => part !== undefined).join(' ')
  const name = `${from} to ${to} by ${by}${other === '' ? '' : ` (${other})`}: ${want}`
  return { name, setting, from, to, packet, family, want }
}

/** @param portName Absent: the first port. */
function destinationOf(
  to: ServiceName,
  portName: string | undefined,
  by: Door,
  family: Family,
): { readonly destination: Address; readonly port: number; readonly protocol: Protocol } {
  const service = serviceOf(to)
  const found = portsOf(service).find(({ name }) => portName === undefined || name === portName)
  if (found === undefined) throw new Error(`${to} has no port ${portName}`)
  const { name, port, protocol } = found
  const nodePort = { port: nodePortOf(service, name), protocol }
  switch (by) {
    case 'node port':
      return { destination: addressIn(family, 'node'), ...nodePort }
    case 'node port on the second address':
      return { destination: secondAddress[family], ...nodePort }
    case 'node port on localhost':
      return { destination: family === 'IPv4' ? '127.0.0.1' : '::1', ...nodePort }
    case 'health check port':
      return { destination: addressIn(family, 'node'), port: healthCheckPortOf(service), protocol: 'TCP' }
    case 'cluster IP':
    case 'external IP':
    case 'load balancer IP':
    case 'second load balancer IP':
      return { destination: serviceAddress[by](family, service.id), port, protocol }
  }
}

function sourceOf(sender: Sender, family: Family): Address {
  switch (sender) {
    case 'stranger':
      return strangerAddress[family]
    case 'localhost':
      return family === 'IPv4' ? '127.0.0.1' : '::1'
    case 'vip':
      return ownedVip(family)
    case 'here':
    case 'pod':
    case 'node':
    case 'client':
      return addressIn(family, sender)
  }
}

function inInterface(sender: Sender): { readonly inInterface?: string } {
  const name = interfaceOf(sender)
  return name === undefined ? {} : { inInterface: name }
}

function list<T extends string>(one: T | readonly T[]): readonly T[] {
  return typeof one === 'string' ? [one] : one
}

/** The rows of one setting and family, each behind its name. */
export function rowsOf({ name: setting }: Setting, family: Family): readonly (readonly [string, Row])[] {
  return packetTable.filter((row) => row.setting === setting && row.family === family).map((row) => [row.name, row])
}
