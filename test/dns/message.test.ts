import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { decode as readDnsPacket, encode as writeDnsPacket } from 'dns-packet'
import { Packet } from 'dns2'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeMessage } from '../../src/dns/message-decoder.ts'
import { encodeMessage } from '../../src/dns/message-encoder.ts'
import { MalformedMessage, type Message, type MessageRecord } from '../../src/dns/message.ts'
import { nameBytes } from '../../src/dns/name.ts'
import { dig } from './dig.ts'
import { hostileMessages } from './hostile-messages.ts'
import { fuzzDecoder } from './message-fuzz.ts'
import { anyMessage, plainMessage } from './random-message.ts'
import { replyWith } from './replies.ts'

function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes)
  if (message instanceof MalformedMessage) throw new Error(message.reason)
  return message
}

/** A message from hexadecimal with blanks. */
function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

function wire(...parts: readonly (string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...(nameBytes(part) ?? [])] : part)))
}

describe('both ways', () => {
  test('every message comes back as it was, whatever octets its names have', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decoded(encodeMessage(message))).toEqual(message)
      }),
      { numRuns: 1000 },
    )
  })

  test('what dns-packet reads of our message and writes in its own way is the message', () => {
    fc.assert(
      fc.property(plainMessage, (message) => {
        expect(decoded(writeDnsPacket(readDnsPacket(Buffer.from(encodeMessage(message)))))).toEqual(message)
      }),
      { numRuns: 500 },
    )
  })

  test('what dns2 reads of our message and writes in its own way is the message', () => {
    fc.assert(
      fc.property(plainMessage, (message) => {
        const theirs = Packet.parse(Buffer.from(encodeMessage(message)))
        expect(theirs.errors).toEqual([])
        expect(decoded(theirs.toBuffer())).toEqual(message)
      }),
      { numRuns: 500 },
    )
  })
})

const blank = replyWith({ id: 0, questions: [] })

function record(owner: string, type: number, data: Uint8Array): MessageRecord {
  return { owner, type, class: 1, ttl: 60, data }
}

test('dig reads what we write, for every type that has names', async () => {
  const owner = 'a\\046b.Zone.example.'
  const answers = [
    record(owner, 5, wire('\\000\\255.zone.example.')),
    record('Zone.example.', 1, Uint8Array.of(192, 0, 2, 1)),
    record('Zone.example.', 2, wire('ns.Zone.example.')),
    record(
      'Zone.example.',
      6,
      wire('ns.Zone.example.', 'root.Zone.example.', [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]),
    ),
    record('Zone.example.', 12, wire('ptr.example.')),
    record('Zone.example.', 14, wire('r.Zone.example.', 'e.Zone.example.')),
    record('Zone.example.', 15, wire([0, 10], 'mail.Zone.example.')),
    record('Zone.example.', 16, Uint8Array.of(2, 104, 105)),
    record('Zone.example.', 17, wire('box.Zone.example.', 'txt.Zone.example.')),
    record('Zone.example.', 28, Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
    record('Zone.example.', 33, wire([0, 1, 0, 2, 0, 80], 'srv.Zone.example.')),
    record('Zone.example.', 35, wire([0, 1, 0, 2, 1, 117, 0, 0], 'naptr.Zone.example.')),
    record('Zone.example.', 39, wire('dname.Zone.example.')),
    record('Zone.example.', 65280, Uint8Array.of(1, 2, 3)),
  ]
  const server = createSocket('udp4')
  server.on('message', (bytes, from) => {
    const query = decoded(bytes)
    const edns = { udpSize: 1232, version: 0, dnssecOk: false, options: new Uint8Array() }
    server.send(
      encodeMessage({ ...blank, id: query.id, questions: query.questions, answers, edns }),
      from.port,
      from.address,
    )
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  const got = await dig(server.address().port, 'a\\046b.Zone.example', 'ANY', '+notcp')
  server.close()
  expect(got.text).not.toMatch(/Warning|malformed|extra bytes/)
  expect(got.answer).toEqual([
    'a\\.b.Zone.example. 60 IN CNAME \\000\\255.zone.example.',
    'Zone.example. 60 IN A 192.0.2.1',
    'Zone.example. 60 IN NS ns.Zone.example.',
    'Zone.example. 60 IN SOA ns.Zone.example. root.Zone.example. 1 2 3 4 5',
    'Zone.example. 60 IN PTR ptr.example.',
    'Zone.example. 60 IN MINFO r.Zone.example. e.Zone.example.',
    'Zone.example. 60 IN MX 10 mail.Zone.example.',
    'Zone.example. 60 IN TXT "hi"',
    'Zone.example. 60 IN RP box.Zone.example. txt.Zone.example.',
    'Zone.example. 60 IN AAAA 2001:db8::1',
    'Zone.example. 60 IN SRV 1 2 80 srv.Zone.example.',
    'Zone.example. 60 IN NAPTR 1 2 "u" "" "" naptr.Zone.example.',
    'Zone.example. 60 IN DNAME dname.Zone.example.',
    'Zone.example. 60 IN TYPE65280 \\# 3 010203',
  ])
})

describe('compression', () => {
  const header = '0000 8180 0000 0001 0000 0000'

  test.each([
    { name: 'NS', type: 2, data: 'c00c' },
    { name: 'SOA', type: 6, data: 'c00c c00c 00000001 00000002 00000003 00000004 00000005' },
    { name: 'MX', type: 15, data: '000a c00c' },
    { name: 'SRV, as some write it', type: 33, data: '0001 0002 0050 c00c' },
    { name: 'RP', type: 17, data: 'c00c c00c' },
    { name: 'NAPTR', type: 35, data: '0001 0002 0175 00 00 c00c' },
  ])('a pointer in the data of $name is followed', ({ type, data }) => {
    const bytes = octets(data)
    const head = [type >> 8, type & 255, 0, 1, 0, 0, 0, 60, 0, bytes.length]
    const [answer] = decoded(wire([...octets(header)], 'www.example.', head, [...bytes])).answers
    const written = data.replaceAll('c00c', Buffer.from(wire('www.example.')).toString('hex'))
    expect(answer?.data).toEqual(octets(written))
  })

  test('a pointer in opaque data is data', () => {
    const bytes = octets(`${header} 00 ff00 0001 00000000 0002 c00c`)
    expect(decoded(bytes).answers[0]?.data).toEqual(Uint8Array.of(0xc0, 0x0c))
  })

  test('names that end alike are written once; SRV targets are written out (RFC 2782)', () => {
    const bytes = encodeMessage({
      ...blank,
      questions: [{ name: 'www.example.', type: 1, class: 1 }],
      answers: [
        record('www.example.', 5, wire('web.example.')),
        record('web.example.', 33, wire([0, 0, 0, 0, 0, 80], 'www.example.')),
      ],
    })
    expect(Buffer.from(bytes).toString('hex')).toBe(
      [
        '000081800001000200000000',
        '03777777076578616d706c6500 00010001',
        'c00c 00050001 0000003c 0006 03776562c010',
        'c029 00210001 0000003c 0013 000000000050 03777777076578616d706c6500',
      ]
        .join('')
        .replaceAll(' ', ''),
    )
  })

  test('what lies too far ahead for a pointer is written out', () => {
    const answers = Array.from({ length: 2200 }, (_, i) =>
      record(`name${i % 1100}.example.`, 1, Uint8Array.of(192, 0, 2, 1)),
    )
    expect(decoded(encodeMessage({ ...blank, answers })).answers).toEqual(answers)
  })

  test('another spelling is no reason to lose the case of a name', () => {
    const message = {
      ...blank,
      questions: [{ name: 'WWW.Example.', type: 1, class: 1 }],
      answers: [record('www.example.', 1, Uint8Array.of(1, 2, 3, 4))],
    }
    expect(decoded(encodeMessage(message)).answers[0]?.owner).toBe('www.example.')
  })
})

describe('truncation', () => {
  const answers = Array.from({ length: 60 }, (_, i) => record('big.example.', 1, Uint8Array.of(192, 0, 2, i)))
  const message: Message = {
    ...blank,
    questions: [{ name: 'big.example.', type: 1, class: 1 }],
    answers,
    additional: [record('more.example.', 1, Uint8Array.of(192, 0, 2, 99))],
    edns: { udpSize: 1232, version: 0, dnssecOk: true, options: new Uint8Array() },
  }

  test('whole records are kept while they fit beside the OPT, and TC is set', () => {
    const bytes = encodeMessage(message, 512)
    const cut = decoded(bytes)
    expect(bytes.length).toBeLessThanOrEqual(512)
    expect(bytes.length).toBeGreaterThan(512 - 16)
    expect(cut).toEqual({ ...message, truncated: true, answers: answers.slice(0, cut.answers.length), additional: [] })
  })

  test('what fits is whole, and one octet less cuts the additional section', () => {
    const whole = encodeMessage(message)
    expect(decoded(encodeMessage(message, whole.length))).toEqual(message)
    expect(decoded(encodeMessage(message, whole.length - 1))).toEqual({ ...message, truncated: true, additional: [] })
  })

  test('no message is larger than TCP carries', () => {
    const many = Array.from({ length: 5000 }, () => record('big.example.', 1, Uint8Array.of(1, 2, 3, 4)))
    const bytes = encodeMessage({ ...message, answers: many })
    expect(bytes.length).toBeLessThanOrEqual(65535)
    expect(decoded(bytes).truncated).toBe(true)
  })
})

describe('what is malformed', () => {
  const header = '0000 8180 0001 0000 0000 0000'
  const one = '0000 8180 0000 0001 0000 0000'
  const opt = '00 0029 04d0 00000000 0000'
  test.each([
    ['nothing', '', 'shorter than a header'],
    ['a header that is cut', '0000 8180 0001 0000 0000 00', 'shorter than a header'],
    ['a question that is not there', header, 'too short for the records'],
    ['more records than octets', '0000 8180 0000 ffff 0000 0000 00 0001', 'too short for the records'],
    ['a question without its class', `${header} 01 61 00 0001`, 'is cut'],
    ['a name without its end', `${header} 04 61626364`, 'the name at octet 12 is cut'],
    ['a label that is cut', `${header} 05 6162 0001`, 'the name at octet 12 is cut'],
    ['a pointer that is cut', `${header} 01 61 01 61 c0`, 'pointer that does not lead back'],
    [
      'a pointer that is cut, to a name at octet 256',
      `0000 8180 0037 0000 0000 0000 ${'00 0001 0001'.repeat(4)} ${'01 61 00 0001 0001'.repeat(50)} c1`,
      'is cut',
    ],
    ['a label of an unknown kind', `${header} 40 61 00 0001 0001`, 'label of an unknown kind'],
    ['a pointer to itself', `${header} c00c 0001 0001`, 'pointer that does not lead back'],
    ['a pointer forward', `${header} c00e 00 0001 0001`, 'pointer that does not lead back'],
    ['a pointer into its own labels', `${header} 01 61 c00c 0001 0001`, 'pointer that does not lead back'],
    ['a pointer into the header', `${header} c000 0001 0001`, 'pointer that does not lead back'],
    ['a name of 256 octets', `${header} ${`3f${'61'.repeat(63)}`.repeat(4)} 00 0001 0001`, 'longer than 255 octets'],
    ['data past the end', `${one} 00 ff00 0001 00000000 0005 01020304`, 'more data than there is'],
    ['a record without its length', `${one} 01 61 00 ff00 0001 00000000 00`, 'is cut'],
    ['an address of three octets', `${one} 00 0001 0001 00000000 0003 010203`, 'not of its type'],
    ['a target and then more', `${one} 00 0002 0001 00000000 0004 01 61 00 00`, 'not of its type'],
    ['a target beyond its data', `${one} 00 0002 0001 00000000 0002 01 61 00`, 'not of its type'],
    ['an SOA without its numbers', `${one} 00 0006 0001 00000000 0002 00 00`, 'not of its type'],
    ['two OPT', `0000 8180 0000 0000 0000 0002 ${opt} ${opt}`, 'OPT out of place'],
    ['an OPT among the answers', `${one} ${opt}`, 'OPT out of place'],
    ['an OPT of somebody', '0000 8180 0000 0000 0000 0001 01 61 00 0029 04d0 00000000 0000', 'OPT out of place'],
    [
      'an option that is cut',
      '0000 8180 0000 0000 0000 0001 00 0029 04d0 00000000 0005 0003 0002 01',
      'option that is cut',
    ],
  ])('%s', (_, bytes, reason) => {
    const message = decodeMessage(octets(bytes))
    expect(message).toBeInstanceOf(MalformedMessage)
    expect(message).toHaveProperty('reason', expect.stringContaining(reason))
  })

  test('octets behind the last record are passed over', () => {
    expect(decoded(octets(`${header} 01 61 00 0001 0001 ffff`)).questions).toEqual([{ name: 'a.', type: 1, class: 1 }])
  })

  test('a name that is none cannot be written', () => {
    for (const name of ['', 'a', 'a..b.', `${'x'.repeat(64)}.`, 'ä.', '\\256.', 'abc.'.repeat(64)]) {
      expect(() => encodeMessage({ ...blank, questions: [{ name, type: 1, class: 1 }] })).toThrow(
        'it is not a DNS name',
      )
    }
  })
})

describe('hostile messages', () => {
  test('64 KiB cost a bounded multiple of that, garbage included, and milliseconds', async () => {
    const flags = ['--min-semi-space-size=256', '--max-semi-space-size=256']
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, `${import.meta.dirname}/decode-cost.ts`])
    const costs: readonly { name: string; result: string; octets: number; allocated: number; milliseconds: number }[] =
      JSON.parse(stdout)
    expect(costs).toHaveLength(hostileMessages.length)
    for (const { name, octets: length, allocated, milliseconds } of costs) {
      // Measured: up to 64 octets for each; the measurement itself takes a quarter of a MiB.
      expect.soft(allocated / (length + 8192), name).toBeLessThan(100)
      expect.soft(milliseconds, name).toBeLessThan(500)
    }
    const refused = costs.flatMap(({ name, result }) => (result.endsWith(' records') ? [] : `${name}: ${result}`))
    const expanding = 'the names expand to more than 16 times the message'
    expect(refused).toEqual([
      'counts without records: it is too short for the records that its header counts',
      `many long, odd owners: ${expanding}`,
      `a long target each: ${expanding}`,
      `two long targets each: ${expanding}`,
      `long owners and targets: ${expanding}`,
      'one chain of pointers: the name at octet 1553 is a chain of pointers',
    ])
  })

  test(
    'a million damaged messages: no throw, nothing slow, and what is still a message survives',
    { timeout: 120_000 },
    () => {
      const { messages, slowest, unsound } = fuzzDecoder(1_000_000, 7)
      expect(unsound).toEqual([])
      expect(messages).toBeGreaterThan(100_000)
      expect(slowest).toBeLessThan(2000)
    },
  )
})
