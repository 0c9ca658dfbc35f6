import type { Socket } from 'node:net'
import { frame } from './dns-frame.ts'
import type { AnswerDns } from './dns-service.ts'

/** Milliseconds for the first query, for each further one, and for the client to take answers; CoreDNS' figures. */
const timeouts = { first: 3000, idle: 10_000, write: 5000 }

/** No question with its options is longer; a larger length prefix is garbage, and waiting for it would only hold memory. */
const maxQuery = 4096

/**
 * Answers the queries of one connection in their order, as many as the client sends (RFC 7766 section 6.2.1). While the
 * client does not take the answers, nothing more is read from it.
 *
 * @param touch Called at each query, to tell active from quiet connections.
 */
export function serveStream(socket: Socket, answer: AnswerDns, touch: () => void): void {
  let pending: Uint8Array = new Uint8Array()
  // One deadline at a time, for the whole step: octets that trickle in do not extend it, and a half-open connection ends.
  let deadline = setTimeout(() => socket.destroy(), timeouts.first)
  const allow = (milliseconds: number): void => {
    clearTimeout(deadline)
    deadline = setTimeout(() => socket.destroy(), milliseconds)
  }
  const work = (): void => {
    socket.cork()
    const { rest, answered, state } = answerPending(pending, socket, answer)
    socket.uncork()
    pending = rest
    if (answered) touch()
    if (state === 'broken') socket.destroy()
    else if (state === 'blocked') {
      socket.pause()
      allow(timeouts.write)
    } else {
      socket.resume()
      if (answered) allow(timeouts.idle)
    }
  }
  socket.on('data', (chunk: Uint8Array) => {
    pending = pending.length === 0 ? chunk : concatenate(pending, chunk)
    work()
  })
  socket.on('drain', () => {
    allow(timeouts.idle)
    work()
  })
  // A reset is the client's way to leave; 'close' follows.
  socket.on('error', () => socket.destroy())
  socket.on('close', () => clearTimeout(deadline))
}

/** Answers what is complete in `pending` until the client should take what it has: then the state is `blocked`. */
function answerPending(
  pending: Uint8Array,
  socket: Socket,
  answer: AnswerDns,
): { rest: Uint8Array; answered: boolean; state: 'waiting' | 'blocked' | 'broken' } {
  let at = 0
  while (pending.length - at >= 2) {
    const length = ((pending[at] ?? 0) << 8) | (pending[at + 1] ?? 0)
    if (length > maxQuery) return { rest: new Uint8Array(), answered: false, state: 'broken' }
    if (pending.length - at - 2 < length) break
    const message = answer(pending.subarray(at + 2, at + 2 + length), 'tcp')
    at += 2 + length
    if (message && !socket.write(frame(message)))
      return { rest: pending.subarray(at), answered: true, state: 'blocked' }
  }
  return { rest: pending.subarray(at), answered: at > 0, state: 'waiting' }
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}
