import { expect, test } from 'vitest'
import type { Handler } from '../../src/plugins/handler.ts'
import { minimal } from '../../src/plugins/minimal.ts'
import { whoami } from '../../src/plugins/whoami.ts'
import { resolve } from '../../src/dns/resolution.ts'
import { zone as clusterZone } from '../dns/fixture.ts'
import { always, answerTo, asWire, nobody, query } from './client.ts'

const a = 'www.example.org. 5 IN A 192.0.2.80'
const ns = 'example.org. 5 IN NS ns.example.org.'
const soa = 'example.org. 5 IN SOA ns.example.org. host.example.org. 1 2 3 4 5'
const glue = 'ns.example.org. 5 IN A 192.0.2.53'

const cases: readonly (readonly [string, Parameters<typeof always>[0], number])[] = [
  ['a positive answer is its answers', { answers: [a], authority: [ns], additional: [glue] }, 2],
  ['NODATA keeps its SOA', { authority: [soa], additional: [glue] }, 3],
  ['NXDOMAIN keeps its SOA', { rcode: 3, authority: [soa] }, 2],
  ['an alias to a name that is not there too', { rcode: 3, answers: [a], authority: [soa] }, 3],
  ['a referral keeps its servers and their addresses', { authority: [ns], additional: [glue] }, 3],
  ['what is neither has nothing to keep', { additional: [glue] }, 1],
]

test.each(cases)('%s', async (_, sections, lines) => {
  for (const next of [always(sections), asWire(always(sections))]) {
    const full = (await answerTo(next, query('www.example.org'))).split('\n')
    const short = (await answerTo(minimal(next), query('www.example.org'))).split('\n')
    expect(short).toEqual(full.slice(0, lines))
  }
})

const cluster: Handler = ({ name, query: { type } }) => ({
  kind: 'resolution',
  resolution: resolve(clusterZone, name, type),
  by: 'kubernetes',
})

test('an answer of the zone', async () => {
  expect(await answerTo(cluster, query('_http._tcp.front.web.svc.cluster.local', 'SRV'))).toContain('additional')
  expect(await answerTo(minimal(cluster), query('_http._tcp.front.web.svc.cluster.local', 'SRV'))).not.toContain(
    'additional',
  )
  expect(await answerTo(minimal(cluster), query('none.web.svc.cluster.local'))).toContain('authority')
})

test('an rcode alone stays, and whoami has nothing left to say, as in CoreDNS', async () => {
  expect(await answerTo(minimal(nobody), query('x'))).toBe('REFUSED rd')
  expect(await answerTo(minimal(whoami()), query('x'))).toBe('NOERROR aa rd')
})
