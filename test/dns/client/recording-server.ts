/**
 * Answers port 53 of 127.0.0.1 as its argument says, and prints each question: `{"name":"a.s1.","type":"A"}`.
 *
 * Usage: node recording-server.ts SCENARIOS, in JSON
 */
import { createSocket } from 'node:dgram'
import { readName } from '../../../src/dns/name.ts'
import { addressBytes } from '../../../src/net/address.ts'
import { replyOf, saidTo, type Said, type Scenario } from './scenarios.ts'

const scenarios: readonly Scenario[] = JSON.parse(process.argv[2] ?? '')
const byLabel = new Map(scenarios.map((scenario) => [scenario.name.split('.')[0], scenario]))

const socket = createSocket('udp4')
socket.on('message', (query, { port, address }) => {
  const question = readName(query, 12)
  const scenario = byLabel.get(question?.name.split('.')[0])
  // musl writes a name with two dots at its end as octets that are none.
  if (question === undefined || scenario === undefined) return
  const type = query.readUInt16BE(question.end)
  console.log(JSON.stringify({ name: question.name, type: type === 28 ? 'AAAA' : 'A' }))
  const said = saidTo(scenario, question.name, type)
  const records = recordsOf(said, type)
  const reply = Buffer.concat([query.subarray(0, question.end + 4), ...records])
  // AA, RA and the rcode. glibc takes an empty answer with neither flag for a server that does not know.
  reply.writeUInt16BE(0x8580 | replyOf(said).rcode, 2)
  reply.writeUInt16BE(records.length, 6)
  socket.send(reply, port, address)
})
socket.bind(53, '127.0.0.1', () => console.log('ready'))

/** The records of the answer section, each with a pointer to the question's name as its owner. */
function recordsOf(said: Said, type: number): readonly Buffer[] {
  if (said === 'ALIAS') return [record(5, Uint8Array.of(3, 0x66, 0x61, 0x72, 0))]
  return said === 'DATA' ? [record(type, addressBytes(type === 28 ? '2001:db8::1' : '192.0.2.1'))] : []
}

function record(type: number, data: Uint8Array): Buffer {
  return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 5, 0, data.length, ...data])
}
