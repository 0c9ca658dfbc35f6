/**
 * `node bench/fuzz.ts MESSAGES SEED`: decodes so many damaged DNS messages, and asks the plugins of a Corefile so many
 * damaged queries. The tests do a million, and 200,000.
 */
import { fuzzDecoder } from '../test/dns/message-fuzz.ts'
import { fuzzServer } from '../test/plugins/server-fuzz.ts'

const [, , count = '10000000', seed = '1'] = process.argv
const mebibytes = (): number => Math.round(process.memoryUsage().rss / 2 ** 20)
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(0)

const decoding = performance.now()
const { messages, slowest, unsound } = fuzzDecoder(Number(count), Number(seed))
console.log(
  `${count} decodes, ${messages} of messages, in ${seconds(decoding)} s; slowest thousand ${slowest.toFixed(0)} ms`,
)

await fuzzServer(Math.min(Number(count), 500_000), Number(seed))
const before = mebibytes()
const asking = performance.now()
const server = await fuzzServer(Number(count), Number(seed) + 1)
console.log(
  `${count} queries, ${server.answered} answered, ${server.promised} of them later, in ${seconds(asking)} s; ` +
    `memory ${before} MiB before, ${mebibytes()} MiB after`,
)

const faults = [...unsound, ...server.unsound, ...server.panics]
for (const fault of faults) console.log('unsound:', fault)
process.exitCode = faults.length > 0 ? 1 : 0
