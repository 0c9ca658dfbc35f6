import { className, responseCodeName, typeName } from '../config/corefile/code.ts'
import type { LogField, LogPart } from '../config/corefile/log-format.ts'
import { rcodes } from '../dns/answer.ts'
import { decodeMessage } from '../dns/message-decoder.ts'
import { MalformedMessage, type Message } from '../dns/message.ts'
import { nameBytes } from '../dns/name.ts'
import { uint16At } from '../dns/octets.ts'
import { headerLength } from '../dns/query.ts'
import { recordTypes } from '../dns/record-type.ts'
import { writeReply, type Reply } from './reply.ts'
import type { Request } from './request.ts'

/** What a line of the query log says of a reply. */
export interface LoggedReply {
  readonly class: 'success' | 'denial' | 'error'
  /** Absent when nothing is sent. */
  readonly rcode?: number
  readonly flags: string
  /** Octets, without compression and OPT, as CoreDNS counts. */
  readonly size: number
}

/** What CoreDNS writes for what is not there. */
const empty = '-'

export function loggedReply(request: Request, reply: Reply): LoggedReply {
  if (reply.kind === 'transfer') return { class: 'success', rcode: rcodes.NOERROR, flags: 'qr,aa', size: 0 }
  // What is cut for a datagram is logged whole.
  const octets = writeReply({ ...request, transport: 'tcp' }, reply)
  const message = octets instanceof Uint8Array ? decodeMessage(octets) : undefined
  if (message === undefined || message instanceof MalformedMessage) return { class: 'success', flags: empty, size: 0 }
  return { class: classOf(message), rcode: message.rcode, flags: flagsOf(message), size: sizeOf(message) }
}

/** A line of the query log, such as `10.244.1.10:40112 - 29008 "A IN web.shop.svc.cluster.local. udp 44 false 512" …`. */
export function logLine(
  format: readonly LogPart[],
  request: Request,
  reply: LoggedReply,
  milliseconds: number,
): string {
  const parts = format.map((part) => {
    switch (part.kind) {
      case 'text':
        return part.text
      case 'metadata':
        return empty
      case 'field':
        return fieldOf(part.field, request, reply, milliseconds)
    }
  })
  return parts.join('')
}

function fieldOf(field: LogField, request: Request, reply: LoggedReply, milliseconds: number): string {
  const { message, query, name, transport, client, local } = request
  switch (field) {
    case 'type':
      return typeName(query.type)
    case 'name':
      return name
    case 'class':
      return className(query.class)
    case 'proto':
      return transport
    case 'size':
      return String(message.length)
    case 'remote':
      return bracketed(client.address)
    case 'port':
      return String(client.port)
    case 'local':
      return bracketed(local.address)
    case '>id':
      return String(uint16At(message, 0))
    case '>opcode':
      return String(((message[2] ?? 0) >> 3) & 15)
    case '>do':
      return String(query.edns?.dnssecOk ?? false)
    case '>bufsize':
      return String(transport === 'tcp' ? 65535 : Math.max(query.edns?.udpSize ?? 512, 512))
    case 'rcode':
      return reply.rcode === undefined ? empty : responseCodeName(reply.rcode)
    case 'rsize':
      return String(reply.size)
    case 'duration':
      return `${(milliseconds / 1000).toFixed(9).replace(/\.?0+$/, '')}s`
    case '>rflags':
      return reply.flags
  }
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** As CoreDNS has it: an NXDOMAIN or an empty answer is a denial only with the SOA that says for how long. */
function classOf({ rcode, answers, authority }: Message): LoggedReply['class'] {
  const hasSoa = authority.some(({ type }) => type === recordTypes.SOA)
  if (rcode === rcodes.NOERROR) return answers.length === 0 && hasSoa ? 'denial' : 'success'
  return rcode === rcodes.NXDOMAIN && hasSoa ? 'denial' : 'error'
}

function flagsOf(message: Message): string {
  const flags = [
    'qr',
    message.authoritative && 'aa',
    message.truncated && 'tc',
    message.recursionDesired && 'rd',
    message.recursionAvailable && 'ra',
    message.authenticData && 'ad',
    message.checkingDisabled && 'cd',
  ]
  return flags.filter((flag) => flag !== false).join()
}

function sizeOf({ questions, answers, authority, additional }: Message): number {
  const asked = questions.reduce((sum, { name }) => sum + nameLength(name) + 4, 0)
  const records = [...answers, ...authority, ...additional]
  return records.reduce((sum, { owner, data }) => sum + nameLength(owner) + 10 + data.length, headerLength + asked)
}

function nameLength(name: string): number {
  return nameBytes(name)?.length ?? 1
}
