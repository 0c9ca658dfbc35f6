import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Handler } from '../../src/plugins/handler.ts'
import { rewrite } from '../../src/plugins/rewrite.ts'
import { always, answerTo, asWire, nobody, pluginsOf, query, replyTo, zone } from './client.ts'

const records = [
  'www.example.org. 300 IN A 192.0.2.80',
  'sub.www.example.org. 300 IN A 192.0.2.81',
  'a-eu.backend.example.org. 300 IN A 192.0.2.98',
  'example.org. 300 IN MX 10 mail.example.org.',
  '_http._tcp.example.org. 300 IN SRV 1 2 80 www.example.org.',
  'ptr.example.org. 300 IN PTR www.example.org.',
  'naptr.example.org. 300 IN NAPTR 1 2 "u" "x" "" www.example.org.',
  'txt.example.org. 300 IN TXT www.example.org',
  'soa.example.org. 300 IN SOA ns.example.org. host.example.org. 1 2 3 4 5',
]

const chain = [
  'alias2.example.org. 300 IN CNAME alias.example.org.',
  'alias.example.org. 300 IN CNAME www.example.org.',
  'www.example.org. 300 IN A 192.0.2.80',
]

function rewriting(text: string, next: Handler): Handler {
  return rewrite(pluginsOf('rewrite', text), next)
}

/**
 * Lines of a Corefile, a question, what the plugins behind are asked, and the answer. CoreDNS 1.14.7 in front of a knotd
 * with these records answers the same, but for the case of owners: ours is that of the question.
 */
const cases: readonly (readonly [string, string, string, string])[] = [
  ['name old.org www.example.org', 'OLD.org A', 'www.example.org. 1', 'OLD.org 300 A 192.0.2.80'],
  ['name old.org www.example.org', 'x.old.org A', 'x.old.org. 1', ''],
  ['name exact example.com example.org', 'example.com MX', 'example.org. 15', 'example.com 300 MX 10 mail.example.com'],
  ['name prefix old. www.', 'old.example.org A', 'www.example.org. 1', 'www.example.org 300 A 192.0.2.80'],
  ['name prefix old. www. answer auto', 'Old.example.org A', 'www.example.org. 1', 'Old.example.org 300 A 192.0.2.80'],
  [
    'name suffix .example.com .example.org answer auto',
    '_http._tcp.example.com SRV',
    '_http._tcp.example.org. 33',
    '_http._tcp.example.com 300 SRV 1 2 80 www.example.com',
  ],
  [
    'name suffix .example.com .example.org',
    'ptr.example.com PTR',
    'ptr.example.org. 12',
    'ptr.example.org 300 PTR www.example.org',
  ],
  ['name suffix .example.com .example.org', 'example.com A', 'example.com. 1', ''],
  ['name substring old www', 'x.old.example.org A', 'x.www.example.org. 1', ''],
  ['name substring old www', 'xold-y.example.org A', 'xold-y.example.org. 1', ''],
  [
    'name substring front. www. answer auto',
    'sub.front.example.org A',
    'sub.www.example.org. 1',
    'sub.front.example.org 300 A 192.0.2.81',
  ],
  ['name substring .ex.old. .example.org.', 'www.ex.old.ex.old A', 'www.example.org.ex.old. 1', ''],
  [
    String.raw`name regex (.*)-(eu)\.old\.org {1}-{2}.backend.example.org answer auto`,
    'A-eu.old.org A',
    'a-eu.backend.example.org. 1',
    'A-eu.old.org 300 A 192.0.2.98',
  ],
  [
    String.raw`name regex (a)(b)?\.old\.org www{2}.example.org answer auto`,
    'a.old.org A',
    'www.example.org. 1',
    'a.old.org 300 A 192.0.2.80',
  ],
  [
    String.raw`stop {
      name regex (.*)\.example\.com {1}.example.org
      answer name (.*)\.example\.org {1}.example.com
      answer value (.*)\.example\.org {1}.example.com
    }`,
    'naptr.example.com NAPTR',
    'naptr.example.org. 35',
    'naptr.example.com 300 NAPTR 1 2 u x  www.example.com',
  ],
  [
    String.raw`name regex (.*)\.example\.com {1}.example.org answer value (.*)\.example\.org {1}.example.net`,
    'soa.example.com SOA',
    'soa.example.org. 6',
    'soa.example.org 300 SOA ns.example.net host.example.org 1 2 3 4 5',
  ],
  [
    'name suffix .example.com .example.org answer auto',
    'txt.example.com TXT',
    'txt.example.org. 16',
    'txt.example.com 300 TXT "www.example.org"',
  ],
  ['type AAAA A', 'www.example.org AAAA', 'www.example.org. 1', 'www.example.org 300 A 192.0.2.80'],
  ['ttl www.example.org 15', 'www.example.org A', 'www.example.org. 1', 'www.example.org 15 A 192.0.2.80'],
  ['ttl suffix .org 30-100', 'www.example.org A', 'www.example.org. 1', 'www.example.org 100 A 192.0.2.80'],
  ['ttl regex (.*) 400-', 'www.example.org A', 'www.example.org. 1', 'www.example.org 400 A 192.0.2.80'],
  ['ttl prefix mail 1', 'www.example.org A', 'www.example.org. 1', 'www.example.org 300 A 192.0.2.80'],
]

test.each(cases)('rewrite %s: %s', async (rule, question, asked, answer) => {
  const next = zone(...records)
  const [name = '', type = ''] = question.split(' ')
  for (const handler of [next, asWire(next)]) {
    const text = await answerTo(rewriting(`rewrite ${rule}`, handler), query(name, type))
    expect(text.split('\n').slice(1).join('\n')).toBe(answer)
    expect(next.asked.at(-1)).toBe(asked)
  }
})

describe('several rules', () => {
  const chained = `
    rewrite continue name a.org b.org
    rewrite continue name b.org c.org
    rewrite name c.org www.example.org
    rewrite name www.example.org none.example.org`

  test('continue tries the rules behind on what it made; stop does not, and the answer goes all the way back', async () => {
    const next = zone(...records)
    expect(await answerTo(rewriting(chained, next), query('A.org'))).toBe('NOERROR rd\nA.org 300 A 192.0.2.80')
    expect(next.asked).toEqual(['www.example.org. 1'])
    expect(await answerTo(rewriting(chained, next), query('www.example.org'))).toBe('NXDOMAIN rd')
  })

  test('TTL, type and name together', async () => {
    const rules = 'rewrite continue ttl regex (.*) 17\nrewrite continue type AAAA A\nrewrite name o.org www.example.org'
    expect(await answerTo(rewriting(rules, zone(...records)), query('o.org', 'AAAA'))).toBe(
      'NOERROR rd\no.org 17 A 192.0.2.80',
    )
  })
})

describe('aliases', () => {
  test('of a suffix are all put back, of other rules the name alone', async () => {
    const next = always({ answers: chain })
    expect(
      await answerTo(
        rewriting('rewrite name suffix .example.com .example.org answer auto', next),
        query('alias2.example.com'),
      ),
    ).toBe(
      'NOERROR rd\nalias2.example.com 300 CNAME alias.example.com\nalias.example.com 300 CNAME www.example.com\nwww.example.com 300 A 192.0.2.80',
    )
    expect(await answerTo(rewriting('rewrite name old.org alias2.example.org', next), query('old.org'))).toBe(
      'NOERROR rd\nold.org 300 CNAME alias.example.org\nalias.example.org 300 CNAME www.example.org\nwww.example.org 300 A 192.0.2.80',
    )
  })

  test('of a suffix are put back in any case', async () => {
    const next = always({ answers: ['www.example.org. 5 IN CNAME Web.EXAMPLE.Org.'] })
    const handler = rewriting('rewrite name suffix .example.com .example.org answer auto', next)
    expect(await answerTo(handler, query('www.example.com'))).toBe(
      'NOERROR rd\nwww.example.com 5 CNAME Web.example.com',
    )
  })

  test('authority and additional records too, in any case', async () => {
    const next = always({
      rcode: 3,
      authority: ['Example.ORG. 60 IN SOA ns.Example.org. host.example.org. 1 2 3 4 5'],
      additional: ['ns.EXAMPLE.org. 60 IN A 192.0.2.53'],
    })
    expect(await answerTo(rewriting('rewrite name example.com example.org', next), query('example.com'))).toBe(
      'NXDOMAIN rd\nauthority example.com 60 SOA ns.example.com host.example.org 1 2 3 4 5\nadditional ns.example.com 60 A 192.0.2.53',
    )
  })
})

describe('what is no name', () => {
  test('in the question fails it, with a reason', async () => {
    const handler = rewriting(String.raw`rewrite name regex (.*)\.long {1}.{1}.{1}.{1}.{1}.example.org`, nobody)
    const label = 'x'.repeat(60)
    const reply = await handler(query(`${label}.long`))
    expect(reply).toMatchObject({
      kind: 'rcode',
      rcode: 2,
      reason: expect.stringMatching(/^rewrite made "x+\..* not a DNS name$/),
    })
    expect(await answerTo(handler, query('y.long'))).toBe('REFUSED rd')
  })

  test('in the answer fails it, with a reason', async () => {
    const rule = String.raw`rewrite name regex (.*)\.o {1}.org answer name (.*)\.org {1}.${'y'.repeat(64)}`
    const reply = await rewriting(rule, zone('www.org. 5 IN A 192.0.2.1'))(query('www.o'))
    expect(reply).toMatchObject({ kind: 'rcode', rcode: 2, reason: expect.stringContaining('the answer to www.o.') })
  })

  test('names of more than 256 characters are not matched with an expression', async () => {
    const odd = Buffer.alloc(62, 1).toString('latin1')
    const next = zone()
    await answerTo(rewriting(String.raw`rewrite name regex .* www.example.org`, next), query(`${odd}.${odd}.org`))
    expect(next.asked[0]).toMatch(/^\\001.*org\. 1$/)
  })
})

const failing: Handler = () => ({ kind: 'rcode', rcode: 2, reason: 'no server answers' })

test('an rcode alone keeps its reason', async () => {
  expect(await rewriting('rewrite name a.org b.org', failing)(query('a.org'))).toEqual(await failing(query('a.org')))
})

const echo: Handler = (request) => {
  const { name } = request.query
  return always({ answers: [`${name} 60 IN A 192.0.2.1`, `${name} 60 IN CNAME x.y.`] })(request)
}

test('whatever name a rule makes, the client sees its own and its own alone', async () => {
  const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/)
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  const rules = [
    'name suffix .from.test .to.example answer auto',
    String.raw`name regex ^(.*)\.from\.test\.$ {1}.to.example answer auto`,
    'name substring .from. .to. answer auto',
  ]
  await fc.assert(
    fc.asyncProperty(name, fc.constantFrom(...rules), async (front, rule) => {
      const asked = `${front}.from.test`
      const reply = await replyTo(rewriting(`rewrite ${rule}`, echo), query(asked))
      expect(reply?.questions?.[0]?.name).toBe(asked)
      expect(reply?.answers?.map((answer) => answer.name)).toEqual([asked, asked])
    }),
  )
})
