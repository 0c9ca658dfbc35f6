import type { Answer, Packet } from 'dns-packet'
import type { Plugin, PluginName } from '../../src/config/corefile/plugin.ts'
import { parseRecordText } from '../../src/dns/record-text.ts'
import type { Message, MessageRecord } from '../../src/dns/message.ts'
import { wireAnswer } from '../../src/dns/wire-answer.ts'
import { answerMessage } from '../../src/plugins/answer-message.ts'
import type { Handler } from '../../src/plugins/handler.ts'
import { writeReply, type Reply } from '../../src/plugins/reply.ts'
import { requestOf, type Request } from '../../src/plugins/request.ts'
import { read } from '../config/corefile/read.ts'
import { clientQuery } from '../dns/client-query.ts'
import { decodeMessage, type Decoded } from '../dns/codec.ts'

/** The plugins of one kind in a server block, as a person writes them. */
export function pluginsOf<Name extends PluginName>(
  name: Name,
  text: string,
): readonly Extract<Plugin, { name: Name }>[] {
  const plugins = read(`. {\n${text}\n}\n`).blocks.flatMap((block) => block.plugins)
  return plugins.filter((plugin): plugin is Extract<Plugin, { name: Name }> => plugin.name === name)
}

export function pluginOf<Name extends PluginName>(name: Name, text: string): Extract<Plugin, { name: Name }> {
  const [plugin] = pluginsOf(name, text)
  if (plugin === undefined) throw new Error(`there is no ${name}`)
  return plugin
}

/** A query as a client sends it. */
export function query(
  name: string,
  type = 'A',
  more: Partial<Packet> = {},
  from: Partial<Pick<Request, 'transport' | 'client'>> = {},
): Request {
  const { message, query: asked } = clientQuery(name, type, more)
  return requestOf(message, asked, {
    transport: 'udp',
    client: { address: '10.244.1.7', port: 40_000 },
    local: { address: '10.96.0.10', port: 53 },
    ...from,
  })
}

/** What a client reads, with an independent decoder; undefined for silence. */
export async function replyTo(handler: Handler, request: Request): Promise<Decoded | undefined> {
  const octets = writeReply(request, await handler(request))
  return octets instanceof Uint8Array ? decodeMessage(octets) : undefined
}

/** The same as text: rcode, then the flags that are set, then the records of each section. */
export async function answerTo(handler: Handler, request: Request): Promise<string> {
  const reply = await replyTo(handler, request)
  return reply === undefined ? 'silence' : textOf(reply)
}

function textOf(reply: Decoded): string {
  const flags = [reply.flag_aa && 'aa', reply.flag_tc && 'tc', reply.flag_rd && 'rd', reply.flag_ra && 'ra']
  const head = [reply.rcode, ...flags.filter((flag) => flag !== false)].join(' ')
  const sections = [reply.answers, reply.authorities, reply.additionals].map((records) =>
    (records ?? []).filter(({ type }) => type !== 'OPT').map(recordText),
  )
  return [
    head,
    ...sections.flatMap((lines, i) => lines.map((line) => `${['', 'authority ', 'additional '][i]}${line}`)),
  ].join('\n')
}

function recordText(record: Answer): string {
  if (record.type === 'OPT') return 'OPT'
  const { name, type, ttl, data } = { ttl: 0, ...record }
  return `${name} ${ttl} ${type} ${dataText(data)}`
}

function dataText(data: unknown): string {
  if (Buffer.isBuffer(data)) return JSON.stringify(data.toString())
  if (Array.isArray(data)) return data.map(dataText).join(' ')
  if (typeof data !== 'object' || data === null) return String(data)
  return Object.values(data).map(dataText).join(' ')
}

/** A plugin that knows these records and nothing else, says them in the question's spelling, and remembers what it was asked. */
export function zone(...lines: readonly string[]): Handler & { readonly asked: string[] } {
  const known = lines.map(parsedRecord)
  const asked: string[] = []
  const handler = (request: Request): Reply => {
    const { name, type } = request.query
    asked.push(`${name} ${type}`)
    const atName = known.filter(({ owner }) => owner.toLowerCase() === request.name)
    const answers = atName.filter((found) => found.type === type).map((found) => ({ ...found, owner: name }))
    return answering(request, { rcode: atName.length > 0 ? 0 : 3, answers })
  }
  return Object.assign(handler, { asked })
}

/** A plugin that says the same to every query. */
export function always(sections: {
  readonly answers?: readonly string[]
  readonly authority?: readonly string[]
  readonly additional?: readonly string[]
  readonly rcode?: number
}): Handler {
  const { answers = [], authority = [], additional = [], rcode = 0 } = sections
  const records = {
    answers: answers.map(parsedRecord),
    authority: authority.map(parsedRecord),
    additional: additional.map(parsedRecord),
  }
  return (request) => answering(request, { rcode, ...records })
}

/** The same answer as it comes from a cache. */
export function asWire(handler: Handler): Handler {
  return async (request) => {
    const reply = await handler(request)
    if (reply.kind !== 'message') return reply
    return { kind: 'wire', answer: wireAnswer(reply.message), changes: {}, by: 'cache' }
  }
}

/** No plugin answers. */
export const nobody: Handler = () => ({ kind: 'rcode', rcode: 5 })

function parsedRecord(line: string): MessageRecord {
  const parsed = parseRecordText(line)
  if (typeof parsed === 'string') throw new Error(`${line}: ${parsed}`)
  return parsed
}

function answering(request: Request, fields: Partial<Message>): Reply {
  return { kind: 'message', message: answerMessage(request, fields), by: 'zone' }
}
