import { TCPClient, UDPClient } from 'dns2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerQuery } from '../../src/dns/answer.ts'
import { formatRecord, lookup } from '../../src/dns/lookup.ts'
import { recordTypes } from '../../src/dns/record-type.ts'
import { listenDns } from '../../src/host/dns-listener.ts'
import type { DnsListener } from '../../src/host/dns-service.ts'
import { parseAddress } from '../../src/net/address.ts'
import { zone } from './fixture.ts'

let listener: DnsListener

beforeAll(async () => {
  listener = await listenDns(
    { host: '127.0.0.1', port: 0 },
    (query, { transport }) => answerQuery(zone, query, transport),
    console.error,
  )
})

afterAll(() => listener.close())

const typeNames = new Map<number, string>(Object.entries(recordTypes).map(([name, number]) => [number, name]))

// A large RRset a hundred times over adds nothing; size has tests of its own.
const questions = [...zone.owners]
  .filter(([owner]) => !/^many\.|^10-9-|\.9\.10\.in-addr/.test(owner))
  .flatMap(([owner, rrsets]) => rrsets.map(({ type }) => ({ owner, type: typeNames.get(type) ?? '' })))

test.each([
  { transport: 'UDP', client: UDPClient },
  { transport: 'TCP', client: TCPClient },
])('dns2 reads every answer over $transport as our lookup gives it', async ({ client }) => {
  const ask = client({ dns: '127.0.0.1', port: listener.port })
  expect(questions.length).toBeGreaterThan(50)
  for (const { owner, type } of questions) {
    const packet = await ask(owner.slice(0, -1), type)
    expect(packet.errors).toEqual([])
    const want = lookup(zone, owner, type).answers.map(formatRecord).map(unescaped)
    expect(packet.answers.map((record) => line(record))).toEqual(want)
  }
})

/** A record of dns2 as a line of a zone file. */
function line(record: object): string {
  const fields = new Map(Object.entries(record).map(([name, value]) => [name, String(value)]))
  const get = (name: string): string => fields.get(name) ?? `no ${name}`
  const type = typeNames.get(Number(get('type'))) ?? ''
  return `${get('name')}. ${get('ttl')} IN ${type} ${data(type, get)}`
}

function data(type: string, get: (field: string) => string): string {
  switch (type) {
    case 'A':
      return get('address')
    case 'AAAA':
      // dns2 does not shorten IPv6 text.
      return parseAddress(get('address')) ?? ''
    case 'TXT':
      return `"${get('data')}"`
    case 'NS':
      return `${get('ns')}.`
    case 'SRV':
      return `${get('priority')} ${get('weight')} ${get('port')} ${get('target')}.`
    default:
      return `${get('domain')}.`
  }
}

/** dns2 writes octets as characters. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, octet: string) => String.fromCodePoint(Number(octet)))
}
