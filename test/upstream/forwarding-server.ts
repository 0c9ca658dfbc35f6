/**
 * `forwarding-server JSON`: a DNS server that forwards and caches, to be run in a namespace of a test's own. It listens on
 * 127.0.0.1, prints `ready` and then one line of JSON for each event.
 */
import { rcodeAnswer } from '../../src/dns/answer.ts'
import { cacheDefaults, type CacheOptions } from '../../src/dns/cache-options.ts'
import { cacheQuestion } from '../../src/dns/cache-question.ts'
import { CachedAnswers, type Ask } from '../../src/dns/cached-answers.ts'
import { forwardDefaults, type ForwardOptions } from '../../src/dns/forward-options.ts'
import { forwardQuery } from '../../src/dns/forward-query.ts'
import { Forwarder, type ForwardResult } from '../../src/dns/forwarder.ts'
import { readQuery } from '../../src/dns/query.ts'
import { wireAnswer, writeAnswer } from '../../src/dns/wire-answer.ts'
import { systemEnvironment } from '../../src/host/environment.ts'
import type { UpstreamServer } from '../../src/host/upstream-dial.ts'
import { Upstream } from '../../src/host/upstream.ts'
import { serveDns } from './serve.ts'

export interface ForwardingServer {
  readonly port: number
  readonly servers: readonly UpstreamServer[]
  readonly forward?: Partial<ForwardOptions>
  /** Absent: nothing is cached. */
  readonly cache?: Partial<CacheOptions>
}

const config: ForwardingServer = JSON.parse(process.argv[2] ?? '{}')
const environment = { ...systemEnvironment, observe: (event: object) => console.log(JSON.stringify(event)) }
const targets = config.servers.map((server) => new Upstream(server))
const forwarder = new Forwarder(targets, { ...forwardDefaults, ...config.forward }, environment)
const cached = config.cache && new CachedAnswers({ ...cacheDefaults, ...config.cache }, environment)

const serverFailure = 2
const refused = 5

async function answer(message: Uint8Array, transport: 'udp' | 'tcp'): Promise<Uint8Array | undefined> {
  const query = readQuery(message, transport)
  if (query.kind !== 'query') return undefined
  let result: ForwardResult | undefined
  const ask: Ask = async () => {
    const forwarded = forwardQuery(message, query)
    result = await forwarder.forward(forwarded, transport)
    return 'reply' in result ? { reply: result.reply, personal: forwarded.personal } : undefined
  }
  if (cached) {
    const found = await cached.answer(cacheQuestion(message, query, ''), ask)
    if (found) return writeAnswer(found.answer, message, query, transport, found)
  } else {
    const asked = await ask()
    if (asked) return writeAnswer(wireAnswer(asked.reply), message, query, transport)
  }
  return rcodeAnswer(message, query, transport, result?.kind === 'refused' ? refused : serverFailure)
}

await serveDns('127.0.0.1', config.port, (message, { transport }) => answer(message, transport))
console.log('ready')
