import { expect, test } from 'vitest'
import { whoami } from '../../src/plugins/whoami.ts'
import { answerTo, query } from './client.ts'

/** There is no room for a label more. */
const long = Array.from({ length: 4 }, () => 'a'.repeat(62)).join('.')

test.each([
  ['X.org', 'udp', '10.244.1.7', 'additional X.org 0 A 10.244.1.7\nadditional _udp.X.org 0 SRV 0 0 4000 .'],
  ['x.org', 'tcp', '2001:db8::7', 'additional x.org 0 AAAA 2001:db8::7\nadditional _tcp.x.org 0 SRV 0 0 4000 .'],
  ['.', 'udp', '10.244.1.7', 'additional . 0 A 10.244.1.7\nadditional _udp 0 SRV 0 0 4000 .'],
  [long, 'udp', '10.244.1.7', `additional ${long} 0 A 10.244.1.7`],
] as const)('%s over %s from %s', async (name, transport, address, want) => {
  const request = query(name, 'TXT', {}, { transport, client: { address, port: 4000 } })
  expect(await answerTo(whoami(), request)).toBe(`NOERROR aa rd\n${want}`)
})
