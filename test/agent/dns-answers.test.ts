import { decode, encode } from 'dns-packet'
import { afterEach, expect, test } from 'vitest'
import { createAnswers, type DnsAnswers, type WorkerChange } from '../../src/agent/dns-answers.ts'
import { parseCorefile } from '../../src/config/corefile/corefile.ts'

const path = '/etc/pointsman-test-hosts'
const corefile = parseCorefile(
  { name: 'Corefile', text: `. {\n bind 127.0.0.1\n hosts ${path}\n}\n` },
  { environment: () => undefined, files: () => [] },
)
const usual = '192.0.2.1 one.example\n'
const tooLarge = `${usual}#${'x'.repeat(32 * 1024 * 1024)}`

let answers: DnsAnswers<WorkerChange> | undefined
afterEach(() => answers?.close())

test('a hosts file that is too large keeps its last text, and is warned of once, however much is asked', async () => {
  const { warnings, change } = await answering(usual)
  expect(ask()).toBe('NOERROR')
  change(tooLarge)
  expect([ask(), ask(), ask()]).toEqual(['NOERROR', 'NOERROR', 'NOERROR'])
  expect(warnings).toEqual([`Cannot use the hosts file ${path}: it has more than 33554432 characters`])
  change('')
  expect(ask()).toBe('SERVFAIL')
  change(usual)
  expect(ask()).toBe('NOERROR')
})

test('one that is too large from the start has nothing', async () => {
  const { warnings } = await answering(tooLarge)
  expect([ask(), ask()]).toEqual(['SERVFAIL', 'SERVFAIL'])
  expect(warnings).toHaveLength(1)
})

async function answering(
  text: string,
): Promise<{ readonly warnings: readonly string[]; readonly change: (text: string) => void }> {
  const warnings: string[] = []
  const setup = { id: 1, corefile, zones: new Map(), hosts: new Map([[path, { text, changedMs: 1 }]]) }
  const made = await createAnswers(setup, (_, message) => warnings.push(message), undefined)
  answers = made
  return { warnings, change: (next) => made.change({ kind: 'hosts', path, text: { text: next, changedMs: 2 } }) }
}

/** The rcode of an answer that is there at once. */
function ask(): string {
  const query = encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'one.example' }] })
  const local = { host: '127.0.0.1', port: 53 }
  const answer = answers?.answer(query, { transport: 'udp', address: '127.0.0.1', port: 5353, local, crowded: false })
  if (!(answer instanceof Uint8Array)) throw new TypeError('no answer at once')
  const decoded: unknown = decode(Buffer.from(answer))
  return typeof decoded === 'object' && decoded !== null && 'rcode' in decoded ? String(decoded.rcode) : ''
}
