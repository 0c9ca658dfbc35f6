import type { AskServer, ClientReply } from '../../../src/dns/client/client.ts'
import type { SearchList } from '../../../src/dns/search-list.ts'

/** What a server says to a question: an address, an alias without one, or an rcode. */
export type Said = (typeof saids)[number]
export const saids = ['DATA', 'ALIAS', 'NODATA', 'NXDOMAIN', 'SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR'] as const

/** A lookup for A and AAAA, and what the server says; everything else is NXDOMAIN. The first label is its own. */
export interface Scenario {
  readonly what: string
  readonly name: string
  /** By name, or by name and type: `a.s1. AAAA`. */
  readonly says: Readonly<Record<string, Said>>
}

export interface ScenarioGroup extends SearchList {
  readonly what: string
  readonly scenarios: readonly Scenario[]
}

const rcodes: Readonly<Record<Said, number>> = {
  DATA: 0,
  ALIAS: 0,
  NODATA: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
}

export function saidTo({ says }: Scenario, name: string, type: number): Said {
  return says[`${name} ${type === 28 ? 'AAAA' : 'A'}`] ?? says[name] ?? 'NXDOMAIN'
}

export function replyOf(said: Said): ClientReply {
  return { rcode: rcodes[said], hasAnswers: said === 'DATA' || said === 'ALIAS', hasData: said === 'DATA' }
}

export function serverOf(scenario: Scenario): AskServer<ClientReply> {
  return (name, type) => replyOf(saidTo(scenario, name, type))
}

const cluster = ['web.svc.cluster.local', 'svc.cluster.local', 'cluster.local']
const long = ['a', 'b', 'c'].map((letter) => letter.repeat(60)).join('.')

/** Whatever a server may say to A and to AAAA at the first name; the names after it do not exist. */
const pairs = saids.flatMap((a) =>
  saids.map((aaaa): Scenario => {
    const name = `${a}-${aaaa}`.toLowerCase()
    return { what: `A ${a}, AAAA ${aaaa}`, name, says: { [`${name}.s1. A`]: a, [`${name}.s1. AAAA`]: aaaa } }
  }),
)

export const groups: readonly ScenarioGroup[] = [
  {
    what: 'an ordinary pod',
    search: cluster,
    ndots: 5,
    scenarios: [
      { what: 'at the first element', name: 'a', says: { 'a.web.svc.cluster.local.': 'DATA' } },
      {
        what: 'at the second',
        name: 'b.shop',
        says: { 'b.shop.svc.cluster.local. A': 'DATA', 'b.shop.svc.cluster.local. AAAA': 'NODATA' },
      },
      { what: 'at the last', name: 'c', says: { 'c.cluster.local.': 'DATA' } },
      { what: 'an external name', name: 'd.example.com', says: { 'd.example.com.': 'DATA' } },
      { what: 'a name that is nowhere', name: 'e.example.com', says: {} },
      { what: 'a name with a final dot', name: 'f.example.com.', says: { 'f.example.com.': 'DATA' } },
      {
        what: 'a final dot, and it is only in the list',
        name: 'g.shop.',
        says: { 'g.shop.svc.cluster.local.': 'DATA' },
      },
      { what: 'five dots', name: 'h.1.2.3.4.5', says: { 'h.1.2.3.4.5.': 'DATA' } },
      {
        what: 'five dots, and it is only in the list',
        name: 'i.1.2.3.4.5',
        says: { 'i.1.2.3.4.5.svc.cluster.local.': 'DATA' },
      },
      { what: 'four dots', name: 'j.1.2.3.4', says: { 'j.1.2.3.4.svc.cluster.local.': 'DATA' } },
      {
        what: 'no data, then an address',
        name: 'k',
        says: { 'k.web.svc.cluster.local.': 'NODATA', 'k.svc.cluster.local.': 'DATA' },
      },
      {
        what: 'a failure, then an address',
        name: 'l',
        says: { 'l.web.svc.cluster.local.': 'SERVFAIL', 'l.svc.cluster.local.': 'DATA' },
      },
      {
        what: 'refused, then an address',
        name: 'm',
        says: { 'm.web.svc.cluster.local.': 'REFUSED', 'm.svc.cluster.local.': 'DATA' },
      },
      {
        what: 'refused, then an address as it is',
        name: 'n',
        says: { 'n.web.svc.cluster.local.': 'REFUSED', 'n.': 'DATA' },
      },
      {
        what: 'no data, then a failure',
        name: 'o',
        says: { 'o.web.svc.cluster.local.': 'NODATA', 'o.svc.cluster.local.': 'SERVFAIL' },
      },
      {
        what: 'a failure, then no data',
        name: 'p',
        says: { 'p.web.svc.cluster.local.': 'SERVFAIL', 'p.svc.cluster.local.': 'NODATA' },
      },
      {
        what: 'no data, then refused',
        name: 'q',
        says: { 'q.web.svc.cluster.local.': 'NODATA', 'q.svc.cluster.local.': 'REFUSED' },
      },
      {
        what: 'a failure, then no data as it is',
        name: 'r',
        says: { 'r.svc.cluster.local.': 'SERVFAIL', 'r.': 'NODATA' },
      },
      { what: 'no data as it is', name: 's', says: { 's.': 'NODATA' } },
      { what: 'a failure as it is', name: 't', says: { 't.': 'SERVFAIL' } },
      { what: 'refused as it is', name: 'u', says: { 'u.': 'REFUSED' } },
      { what: 'a malformed query as it is', name: 'v', says: { 'v.': 'FORMERR' } },
    ],
  },
  {
    what: 'ndots:1',
    search: cluster,
    ndots: 1,
    scenarios: [
      { what: 'no dot', name: 'a', says: { 'a.web.svc.cluster.local.': 'DATA' } },
      { what: 'one dot, and it is only in the list', name: 'b.shop', says: { 'b.shop.svc.cluster.local.': 'DATA' } },
      { what: 'an external name', name: 'c.example.com', says: { 'c.example.com.': 'DATA' } },
      { what: 'a name that is nowhere', name: 'd.example.com', says: {} },
      { what: 'no data as it is', name: 'e.shop', says: { 'e.shop.': 'NODATA' } },
      {
        what: 'no data as it is, and it is in the list',
        name: 'f.shop',
        says: { 'f.shop.': 'NODATA', 'f.shop.svc.cluster.local.': 'DATA' },
      },
      { what: 'a failure as it is', name: 'g.shop', says: { 'g.shop.': 'SERVFAIL' } },
      { what: 'refused as it is', name: 'h.shop', says: { 'h.shop.': 'REFUSED' } },
      { what: 'no data in the list', name: 'i.shop', says: { 'i.shop.svc.cluster.local.': 'NODATA' } },
      { what: 'refused in the list', name: 'j.shop', says: { 'j.shop.web.svc.cluster.local.': 'REFUSED' } },
    ],
  },
  { what: 'all pairs of replies', search: ['s1', 's2'], ndots: 5, scenarios: pairs },
  {
    what: 'ndots:0',
    search: ['s1'],
    ndots: 0,
    scenarios: [{ what: 'as it is first', name: 'a', says: { 'a.s1.': 'DATA' } }],
  },
  {
    what: 'no search list',
    search: [],
    ndots: 5,
    scenarios: [
      { what: 'there', name: 'a', says: { 'a.': 'DATA' } },
      { what: 'not there', name: 'b', says: {} },
    ],
  },
  {
    what: 'the root in the search list',
    search: ['.', 's1'],
    ndots: 2,
    scenarios: [
      { what: 'is the name as it is', name: 'a', says: { 'a.s1.': 'DATA' } },
      { what: 'is asked although it was asked', name: 'b.1.2', says: {} },
      { what: 'and it is there', name: 'c', says: { 'c.': 'DATA' } },
    ],
  },
  {
    what: 'one element twice',
    search: ['s1', 's1'],
    ndots: 5,
    scenarios: [{ what: 'is asked twice', name: 'a', says: { 'a.s1.': 'NODATA' } }],
  },
  {
    what: 'an element too long for the name',
    search: [long, 's1'],
    ndots: 5,
    scenarios: [
      { what: 'is not asked', name: `a.${'d'.repeat(63)}.${'e'.repeat(63)}`, says: {} },
      { what: 'over 253', name: `b.${'d'.repeat(63)}.${'e'.repeat(5)}`, says: {} },
    ],
  },
  {
    what: 'a search line of 247 characters',
    search: [long, `${'d'.repeat(60)}.ddd`],
    ndots: 5,
    scenarios: [{ what: 'is read', name: 'a', says: {} }],
  },
  {
    what: 'a search line of 248 characters',
    search: [long, `${'d'.repeat(60)}.dddd`],
    ndots: 5,
    scenarios: [{ what: 'is passed over by musl', name: 'a', says: {} }],
  },
]
