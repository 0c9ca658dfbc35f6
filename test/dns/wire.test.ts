import type { Packet } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { answerQuery } from '../../src/dns/answer.ts'
import { Zone } from '../../src/dns/zone.ts'
import { options } from './cluster.ts'
import { decodeMessage, encodeQuery as query, opt, type Decoded } from './codec.ts'
import { zone } from './fixture.ts'

const many = 'many.big.svc.cluster.local'

function ask(message: Uint8Array, transport: 'udp' | 'tcp' = 'udp', of = zone): { bytes: Uint8Array; packet: Decoded } {
  const bytes = answerQuery(of, message, transport)
  if (bytes === undefined) throw new Error('no answer')
  return { bytes, packet: decodeMessage(bytes) }
}

function optOf(packet: Packet): Readonly<Record<string, unknown>> | undefined {
  const found = packet.additionals?.find((record) => record.type === 'OPT')
  return found && { ...found }
}

describe('header', () => {
  test('AA, the identifier and RD are set, RA and AD are not', () => {
    const { packet } = ask(query('front.web.svc.cluster.local', 'A', { flags: 0x0120 }))
    expect(packet).toMatchObject({
      id: 4711,
      type: 'response',
      flag_aa: true,
      flag_rd: true,
      flag_ra: false,
      flag_ad: false,
    })
  })

  test('CD is copied', () => {
    expect(ask(query('front.web.svc.cluster.local', 'A', { flags: 0x0010 })).packet).toMatchObject({
      flag_cd: true,
      flag_rd: false,
    })
  })

  test('what is refused is not ours to say with authority', () => {
    expect(ask(query('example.com', 'A')).packet).toMatchObject({ rcode: 'REFUSED', flag_aa: false, authorities: [] })
    expect(ask(query('cluster.local', 'AXFR'), 'tcp').packet).toMatchObject({ rcode: 'REFUSED', flag_aa: false })
    const chaos = query('front.web.svc.cluster.local', 'A', {
      questions: [{ name: 'front.web.svc.cluster.local', type: 'A', class: 'CH' }],
    })
    expect(ask(chaos).packet).toMatchObject({ rcode: 'REFUSED', flag_aa: false, answers: [] })
  })

  test('SERVFAIL before the first sync carries AA and the SOA', () => {
    const { packet } = ask(query('front.web.svc.cluster.local', 'A'), 'udp', new Zone(options))
    expect(packet).toMatchObject({ rcode: 'SERVFAIL', flag_aa: true, authorities: [{ type: 'SOA' }] })
  })
})

describe('spelling', () => {
  test('the owner is spelled as the question', () => {
    const { packet } = ask(query('FrOnT.web.SVC.cluster.LOCAL', 'A'))
    expect(packet.questions?.[0]?.name).toBe('FrOnT.web.SVC.cluster.LOCAL')
    expect(packet.answers?.[0]).toMatchObject({ name: 'FrOnT.web.SVC.cluster.LOCAL', data: '10.96.0.20' })
  })

  test('an SRV target is the name of the service in the zone of the question, and so is its address record', () => {
    const { packet } = ask(query('_HTTP._tcp.FRONT.Web.svc.Cluster.LOCAL', 'SRV'))
    expect(packet.answers?.[0]).toMatchObject({
      data: { port: 80, weight: 100, priority: 0, target: 'front.web.svc.Cluster.LOCAL' },
    })
    expect(packet.additionals?.[0]).toMatchObject({
      name: 'front.web.svc.Cluster.LOCAL',
      type: 'A',
      data: '10.96.0.20',
    })
  })

  test('the SOA of a denial is spelled as the zone of the question', () => {
    const { packet } = ask(query('nope.web.svc.CLUSTER.local', 'A'))
    expect(packet.rcode).toBe('NXDOMAIN')
    expect(packet.authorities?.[0]).toMatchObject({
      name: 'CLUSTER.local',
      ttl: 5,
      data: {
        mname: 'ns.dns.CLUSTER.local',
        rname: 'hostmaster.CLUSTER.local',
        serial: 7,
        refresh: 7200,
        retry: 1800,
        expire: 86400,
        minimum: 5,
      },
    })
  })

  test('an alias keeps the spelling of its Service', () => {
    const { packet } = ask(query('INSIDE.ext.svc.cluster.local', 'A'))
    expect(packet.answers).toMatchObject([
      { name: 'INSIDE.ext.svc.cluster.local', type: 'CNAME', data: 'Front.web.svc.cluster.local' },
      { name: 'Front.web.svc.cluster.local', type: 'A', data: '10.96.0.20' },
    ])
  })

  test('an SRV target is not compressed (RFC 2782)', () => {
    const { bytes } = ask(query('_http._tcp.front.web.svc.cluster.local', 'SRV'))
    const written =
      Buffer.from(bytes).toString('latin1').split('\x05front\x03web\x03svc\x07cluster\x05local\x00').length - 1
    expect(written).toBe(2)
  })
})

describe('EDNS', () => {
  test('an OPT comes back exactly when one was sent, last, with its DO bit and no more than our size', () => {
    expect(optOf(ask(query('front.web.svc.cluster.local', 'A')).packet)).toBeUndefined()
    const { packet } = ask(query('cluster.local', 'NS', { additionals: opt({ flags: 0x8000 }) }))
    expect(packet.additionals?.map(({ type }) => type)).toEqual(['A', 'OPT'])
    expect(optOf(packet)).toMatchObject({ udpPayloadSize: 1232, flag_do: true, ednsVersion: 0 })
    expect(optOf(ask(query('cluster.local', 'A', { additionals: opt({ udpPayloadSize: 600 }) })).packet)).toMatchObject(
      { udpPayloadSize: 600, flag_do: false },
    )
  })

  test('a cookie comes back, a client subnet does not', () => {
    const sent = [
      { code: 10, data: Buffer.from('0123456789abcdef', 'hex') },
      { code: 8, data: Buffer.from('00011800c00002', 'hex') },
    ]
    const { packet } = ask(query('front.web.svc.cluster.local', 'A', { additionals: opt({ options: sent }) }))
    expect(optOf(packet)?.['options']).toMatchObject([{ code: 10, data: sent[0]?.data }])
  })

  test('version 1 is BADVERS', () => {
    const { packet, bytes } = ask(query('front.web.svc.cluster.local', 'A', { additionals: opt({ ednsVersion: 1 }) }))
    expect(optOf(packet)).toMatchObject({ extendedRcode: 1, ednsVersion: 0, udpPayloadSize: 0 })
    expect((bytes[3] ?? 0) & 15).toBe(0)
    expect(packet).toMatchObject({ answers: [], flag_aa: false })
    expect(packet.questions).toHaveLength(1)
  })

  test('two OPT records, or one that is not at the root, are FORMERR', () => {
    expect(ask(query('cluster.local', 'A', { additionals: [...opt(), ...opt()] })).packet.rcode).toBe('FORMERR')
    const atRoot = query('cluster.local', 'A', { additionals: opt() })
    const elsewhere = Buffer.concat([atRoot.subarray(0, -11), Buffer.from([1, 0x78]), atRoot.subarray(-11)])
    expect(ask(atRoot).packet.rcode).toBe('NOERROR')
    expect(ask(elsewhere).packet.rcode).toBe('FORMERR')
  })
})

describe('size', () => {
  test('without EDNS 512 octets: as many whole records as fit, and TC', () => {
    const { bytes, packet } = ask(query(many, 'A'))
    expect(packet.flag_tc).toBe(true)
    // 12 of header, 32 of question, 16 for each record.
    expect(packet.answers).toHaveLength(29)
    expect(bytes.length).toBe(508)
  })

  test.each([
    [100, 512],
    [512, 512],
    [1000, 1000],
    [65535, 1232],
  ])('a client that takes %i gets %i at most', (udpPayloadSize, most) => {
    const { bytes, packet } = ask(query(many, 'A', { additionals: opt({ udpPayloadSize }) }))
    expect(bytes.length).toBeLessThanOrEqual(most)
    expect(bytes.length).toBeGreaterThan(most - 16)
    expect(packet.flag_tc).toBe(true)
    expect(optOf(packet)).toBeDefined()
  })

  test('additional records that do not fit set TC as well, and the SRV records stay whole', () => {
    // Padding comes back, so its room is set aside first.
    const padding = [{ code: 12, data: Buffer.alloc(80) }]
    const more = { additionals: opt({ udpPayloadSize: 512, options: padding }) }
    const { packet } = ask(query('mongo.db.svc.cluster.local', 'SRV', more))
    expect(packet.answers).toHaveLength(5)
    expect(packet.additionals?.length).toBeGreaterThan(1)
    expect(packet.additionals?.length).toBeLessThan(7)
    expect(packet.flag_tc).toBe(true)
  })

  test('over TCP everything comes, also where no pointer reaches', () => {
    const { bytes, packet } = ask(query(many, 'SRV'), 'tcp')
    expect(packet.flag_tc).toBe(false)
    expect(packet.answers).toHaveLength(300)
    expect(packet.additionals).toHaveLength(300)
    expect(bytes.length).toBeGreaterThan(0x4000)
    expect(packet.additionals?.[299]).toMatchObject({ name: `10-9-1-43.${many}`, data: '10.9.1.43' })
  })
})

function header(rcode: number, flags = 0x81): readonly number[] {
  return [0x12, 0x67, flags, rcode, 0, 0, 0, 0, 0, 0, 0, 0]
}

describe('malformed', () => {
  const good = query('front.web.svc.cluster.local', 'A')
  const patched = (at: number, ...octets: number[]): Uint8Array => {
    const copy = Uint8Array.from(good)
    copy.set(octets, at)
    return copy
  }

  test.each([
    { name: 'less than a header', message: good.subarray(0, 11) },
    { name: 'a response', message: patched(2, 0x81) },
    { name: 'nothing', message: new Uint8Array() },
  ])('$name is dropped', ({ message }) => {
    expect(answerQuery(zone, message, 'udp')).toBeUndefined()
  })

  test.each([
    { name: 'no question', message: patched(5, 0), want: header(1) },
    { name: 'two questions', message: patched(5, 2), want: header(1) },
    { name: 'two answers', message: patched(7, 2), want: header(1) },
    { name: 'three additionals', message: patched(11, 3), want: header(1) },
    { name: 'an additional that is not there', message: patched(11, 1), want: header(1) },
    { name: 'a pointer in the question', message: patched(12, 0xc0, 0x0c), want: header(1) },
    { name: 'a label of type 01', message: patched(12, 0x41), want: header(1) },
    { name: 'a cut question', message: good.subarray(0, -1), want: header(1) },
    { name: 'NOTIFY', message: patched(2, 0x21), want: header(4, 0xa1) },
    { name: 'UPDATE', message: patched(2, 0x29), want: header(4, 0xa9) },
    { name: 'over 512 octets of UDP', message: Buffer.concat([good, Buffer.alloc(500)]), want: header(1) },
  ])('$name is answered with a header', ({ message, want }) => {
    expect([...(answerQuery(zone, message, 'udp') ?? [])]).toEqual(want)
  })

  test('a dot inside a label is no border', () => {
    const name = Buffer.from('\x09front.web\x03svc\x07cluster\x05local\x00', 'latin1')
    const message = Buffer.concat([good.subarray(0, 12), name, Buffer.from([0, 1, 0, 1])])
    expect(ask(message).packet.rcode).toBe('NXDOMAIN')
  })
})
