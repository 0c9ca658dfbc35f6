/** `node bench/fuzz.ts DECODES SEED`: decodes so many damaged DNS messages; the tests do a million. */
import { fuzzDecoder } from '../test/dns/message-fuzz.ts'

const [, , decodes = '10000000', seed = '1'] = process.argv
const start = performance.now()
const { messages, slowest, unsound } = fuzzDecoder(Number(decodes), Number(seed))
const seconds = (performance.now() - start) / 1000
console.log(
  `${decodes} decodes, ${messages} of messages, in ${seconds.toFixed(0)} s; slowest thousand ${slowest.toFixed(0)} ms`,
)
for (const message of unsound) console.log(`unsound: ${message}`)
process.exitCode = unsound.length > 0 ? 1 : 0
