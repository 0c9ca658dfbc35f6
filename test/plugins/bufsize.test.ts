import { expect, test } from 'vitest'
import { limitSize } from '../../src/plugins/bufsize.ts'
import { writeReply } from '../../src/plugins/reply.ts'
import { opt } from '../dns/codec.ts'
import { decodeMessage } from '../dns/codec.ts'
import { always, pluginOf, query } from './client.ts'

const many = always({ answers: Array.from({ length: 60 }, (_, i) => `www.example.org. 5 IN A 10.0.0.${i}`) })

/** What a client says it takes, and the size of its answer's OPT; an answer never has more octets. */
test.each([
  ['bufsize 600', 4096, 600],
  ['bufsize 600', 601, 600],
  ['bufsize 600', 599, 599],
  ['bufsize 512', 1232, 512],
  ['bufsize 512', 100, 100],
  ['bufsize', 4096, 1232],
  ['bufsize 4096', 4096, 1232],
])('%s: %d becomes %d', async (text, udpPayloadSize, want) => {
  const request = limitSize(
    pluginOf('bufsize', text),
    query('www.example.org', 'A', { additionals: opt({ udpPayloadSize }) }),
  )
  const octets = writeReply(request, await many(request))
  if (!(octets instanceof Uint8Array)) throw new Error('there is no answer')
  expect(octets.length).toBeLessThanOrEqual(Math.max(want, 512))
  expect(decodeMessage(octets).additionals).toMatchObject([{ udpPayloadSize: want }])
})

test('a query without EDNS, and one that is small enough, is the same', () => {
  const bufsize = pluginOf('bufsize', 'bufsize 600')
  for (const request of [query('a'), query('a', 'A', { additionals: opt({ udpPayloadSize: 600 }) })]) {
    expect(limitSize(bufsize, request)).toBe(request)
  }
})
