/** `idle-server`: a DNS server on 127.0.0.1 that prints its port, and for each line on stdin its figures as JSON. */
import { createInterface } from 'node:readline'
import { answerQuery } from '../../src/dns/answer.ts'
import { listenDns } from '../../src/host/dns-listener.ts'
import { DnsLoad } from '../../src/host/dns-load.ts'
import { zone } from './fixture.ts'

export interface IdleFigures {
  readonly connections: number
  readonly evicted: number
  /** Octets. */
  readonly memory: number
}

const load = new DnsLoad()
const { port } = await listenDns(
  { host: '127.0.0.1', port: 0 },
  (query, { transport }) => answerQuery(zone, query, transport),
  console.error,
  load,
)
console.log(port)
createInterface({ input: process.stdin }).on('line', () => {
  const { size, evicted } = load.connections
  const figures: IdleFigures = { connections: size, evicted, memory: process.memoryUsage().rss }
  console.log(JSON.stringify(figures))
})
