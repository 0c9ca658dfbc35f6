/**
 * Decodes each hostile message and prints what that allocated, garbage included, per octet of the message, and how long it
 * took. Run it with a young generation so large that nothing is collected meanwhile.
 */
import { decodeMessage } from '../../src/dns/message-decoder.ts'
import { hostileMessages } from './hostile-messages.ts'

function used(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// The first time costs what the code itself takes.
for (const { bytes } of hostileMessages) decodeMessage(bytes)
const costs = hostileMessages.map(({ name, bytes }) => {
  const before = used()
  const start = performance.now()
  const message = decodeMessage(bytes)
  const milliseconds = performance.now() - start
  const allocated = used() - before
  return {
    name,
    result: 'reason' in message ? message.reason : `${message.answers.length} records`,
    octets: bytes.length,
    allocated,
    milliseconds,
  }
})
console.log(JSON.stringify(costs))
