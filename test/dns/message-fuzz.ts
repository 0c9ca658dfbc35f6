import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { decodeMessage } from '../../src/dns/message-decoder.ts'
import { encodeMessage } from '../../src/dns/message-encoder.ts'
import { MalformedMessage } from '../../src/dns/message.ts'
import { damage, randomNumbers } from './random.ts'
import { anyMessage } from './random-message.ts'

export interface FuzzReport {
  /** How many of them were messages still. */
  readonly messages: number
  /** Of the slowest thousand decodes in a row, in milliseconds. */
  readonly slowest: number
  /** Messages in hexadecimal that threw, or did not survive being written and read again. */
  readonly unsound: readonly string[]
}

/** Decodes so many damaged messages; every twentieth that is still one is written and must read the same again. */
export function fuzzDecoder(decodes: number, seed: number): FuzzReport {
  const good = fc.sample(anyMessage, { numRuns: 300, seed }).map((message) => encodeMessage(message, 512))
  const random = randomNumbers(seed)
  const unsound: string[] = []
  let messages = 0
  let slowest = 0
  let start = performance.now()
  for (let i = 1; i <= decodes; i++) {
    const bytes = damage(random, good)
    try {
      const message = decodeMessage(bytes)
      if (!(message instanceof MalformedMessage) && ++messages % 20 === 0) {
        const again = decodeMessage(encodeMessage(message))
        if (!isDeepStrictEqual(again, message)) unsound.push(hex(bytes))
      }
    } catch {
      unsound.push(hex(bytes))
    }
    if (i % 1000 !== 0) continue
    slowest = Math.max(slowest, performance.now() - start)
    start = performance.now()
  }
  return { messages, slowest, unsound }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
