import { answerDirectly, directQuestion } from '../../src/dns/direct-answer.ts'
import type { RandomBelow } from '../../src/dns/shuffled-records.ts'
import type { ZoneView } from '../../src/dns/zone-view.ts'

/** The answer straight from the table of a zone; undefined for what goes the long way. */
export function answerStraight(
  zone: ZoneView,
  message: Uint8Array,
  transport: 'udp' | 'tcp',
  random?: RandomBelow,
): Uint8Array | undefined {
  const question = directQuestion(zone, message, transport)
  return question && answerDirectly(zone, message, question, transport, random)
}
