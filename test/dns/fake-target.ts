import type { ForwardAttempt, ForwardTarget } from '../../src/dns/forward-target.ts'
import { decodeMessage } from '../../src/dns/message-decoder.ts'
import { encodeMessage } from '../../src/dns/message-encoder.ts'
import { MalformedMessage, type Message } from '../../src/dns/message.ts'
import type { FakeClock } from './fake-clock.ts'

/** One query that a server got. */
export interface Asked {
  readonly name: string
  readonly type: number
  readonly transport: 'udp' | 'tcp'
  readonly at: number
}

/** What a server does with a query: it says nothing, nobody is there, or these fields of its reply differ from a plain one. */
export type Behaviour =
  'silent' | 'refusing' | (Partial<Message> & { readonly afterMs?: number; readonly bytes?: Uint8Array })

/** A server without a network: it does as it is told and remembers what it was asked. */
export class FakeTarget implements ForwardTarget {
  readonly name: string
  readonly asked: Asked[] = []
  behave: (asked: Asked) => Behaviour
  readonly #clock: FakeClock

  constructor(name: string, clock: FakeClock, behave: (asked: Asked) => Behaviour = () => ({})) {
    this.name = name
    this.#clock = clock
    this.behave = behave
  }

  /** What it was asked for clients: without health checks. */
  get queries(): readonly Asked[] {
    return this.asked.filter(({ name }) => name !== '.')
  }

  exchange(query: Uint8Array, { transport, readMs, totalMs, accepts }: ForwardAttempt): Promise<Uint8Array> {
    const message = decoded(query)
    const [question = { name: '', type: 0, class: 0 }] = message.questions
    const asked = { name: question.name, type: question.type, transport, at: this.#clock.now() }
    this.asked.push(asked)
    const behaviour = this.behave(asked)
    if (behaviour === 'refusing') return Promise.reject(new Error(`${this.name} refuses`))
    const patience = Math.min(readMs, totalMs)
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    this.#clock.after(patience, () => reject(new Error(`${this.name} is silent`)))
    if (behaviour !== 'silent') {
      const { afterMs = 0, bytes, ...fields } = behaviour
      const reply = bytes ?? encodeMessage({ ...message, response: true, recursionAvailable: true, ...fields })
      if (accepts(reply)) this.#clock.after(afterMs, () => resolve(reply))
    }
    return promise
  }
}

/** A message that must be one. */
export function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes)
  if (message instanceof MalformedMessage) throw new Error(message.reason)
  return message
}
