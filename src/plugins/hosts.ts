import type { Hosts } from '../config/corefile/plugins/hosts.ts'
import { rcodes } from '../dns/answer.ts'
import type { MessageRecord } from '../dns/message.ts'
import { recordTypes } from '../dns/record-type.ts'
import { dataBytes, type RecordData } from '../dns/resource-record.ts'
import { answerMessage } from './answer-message.ts'
import type { Handler } from './handler.ts'
import { addressesOf, inlineHosts, type HostsTable } from './hosts-table.ts'
import type { Request } from './request.ts'
import { zoneOf } from './zones.ts'

/**
 * Answers A, AAAA and PTR from the file and from the directive's own entries. Other types of a name that is there have no
 * records; a name that is not there goes on to the next plugin in the zones of `fallthrough`, and fails elsewhere, since
 * there is no SOA to deny it with.
 *
 * @param file The table of the file as it is now.
 */
export function hosts(options: Hosts, next: Handler, file: () => HostsTable): Handler {
  const inline = inlineHosts(options)
  return (request) => {
    const { name, query } = request
    const isPointer = query.type === recordTypes.PTR
    // The zones of addresses need not be named.
    if (!isPointer && zoneOf(name, options.zones) === undefined) return next(request)
    const tables = [file(), inline]
    const data = dataOf(tables, name, query.type)
    if (data.length > 0) return answer(request, data, options.ttl)
    if (isPointer) return next(request)
    const fallsThrough = zoneOf(name, options.fallthrough) !== undefined
    const supported = query.type === recordTypes.A || query.type === recordTypes.AAAA
    if (!supported && options.fallthroughUnsupported && fallsThrough) return next(request)
    if (exists(tables, name)) return answer(request, [], options.ttl)
    return fallsThrough ? next(request) : { kind: 'rcode', rcode: rcodes.SERVFAIL }
  }
}

function dataOf(tables: readonly HostsTable[], name: string, type: number): readonly HostData[] {
  switch (type) {
    case recordTypes.A:
      return unique(tables, (table) => addressesOf(table, name, 'IPv4')).map((address) => ({ type: 'A', address }))
    case recordTypes.AAAA:
      return unique(tables, (table) => addressesOf(table, name, 'IPv6')).map((address) => ({ type: 'AAAA', address }))
    case recordTypes.PTR:
      return unique(tables, ({ names }) => names.get(name) ?? []).map((target) => ({ type: 'PTR', target }))
    default:
      return []
  }
}

type HostData = Extract<RecordData, { type: 'A' | 'AAAA' | 'CNAME' | 'NS' | 'PTR' }>

function unique(tables: readonly HostsTable[], find: (table: HostsTable) => readonly string[]): readonly string[] {
  return [...new Set(tables.flatMap(find))]
}

function exists(tables: readonly HostsTable[], name: string): boolean {
  return tables.some(
    (table) => addressesOf(table, name, 'IPv4').length > 0 || addressesOf(table, name, 'IPv6').length > 0,
  )
}

function answer(request: Request, data: readonly HostData[], ttl: number): ReturnType<Handler> {
  const { name } = request.query
  const answers = data.map((item): MessageRecord => ({
    owner: name,
    type: recordTypes[item.type],
    class: 1,
    ttl,
    data: dataBytes(item),
  }))
  return { kind: 'message', message: answerMessage(request, { authoritative: true, answers }), by: 'hosts' }
}
