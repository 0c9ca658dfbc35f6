import { systemEnvironment } from '../../src/host/environment.ts'
import { loopTurn } from '../../src/host/loop-turn.ts'
import { DirectAnswers } from '../../src/plugins/direct-answers.ts'
import { parseHosts } from '../../src/plugins/hosts-table.ts'
import { DnsServer, type Answer, type Peer } from '../../src/plugins/server.ts'
import { recordTypes } from '../../src/dns/record-type.ts'
import { read } from '../config/corefile/read.ts'
import { encodeQuery, opt } from '../dns/codec.ts'
import { zone } from '../dns/fixture.ts'
import { damage, randomMessage, randomNumbers } from '../dns/random.ts'

export interface ServerFuzzReport {
  readonly answered: number
  /** Answers that came later: they were asked for. */
  readonly promised: number
  /** Queries in hexadecimal whose answer threw, is too large, or answers something else. */
  readonly unsound: readonly string[]
  readonly panics: readonly unknown[]
}

/** Every plugin that has a word in a query. */
const corefile = `.:53 {
  errors
  log . {
    class error
  }
  prometheus
  any
  loadbalance
  rewrite name suffix .short. .svc.cluster.local. answer auto
  rewrite ttl regex .* 5-60
  acl {
    block type AXFR net 192.0.2.0/24
  }
  autopath cluster.local /etc/resolv.conf
  cache 30
  minimal
  template IN A template.example {
    answer "{{ .Name }} 60 IN A 192.0.2.9"
  }
  hosts {
    192.0.2.8 host.example
    fallthrough
  }
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    fallthrough in-addr.arpa
  }
  forward . 198.51.100.1
}
direct:53 cluster.local:54 in-addr.arpa:54 {
  prometheus
  loadbalance
  kubernetes cluster.local in-addr.arpa ip6.arpa
}`

const outside = ['www.example.com', 'host.example', 'a.template.example', 'front.web.short', '7.1.244.10.in-addr.arpa']
const names = [...outside, ...[...zone.owners.keys()].map((name) => name.slice(0, -1))]
const good = names.flatMap((name, i) =>
  Object.keys(recordTypes).map((type, j) => {
    const additionals = j % 2 === 0 ? [] : opt({ udpPayloadSize: 512 + i * 16 })
    return encodeQuery(name, type, { id: i, additionals })
  }),
)

/** Asks the plugins of a Corefile so many damaged queries, with an upstream server whose replies are damaged too. */
export async function fuzzServer(queries: number, seed: number): Promise<ServerFuzzReport> {
  const random = randomNumbers(seed)
  const panics: unknown[] = []
  const server = new DnsServer(read(corefile), {
    ...systemEnvironment,
    random,
    observe: (event) => {
      if (event.kind === 'panic' && panics.length < 10) panics.push(event.error)
    },
    write: () => undefined,
    zones: () => [{ view: zone }],
    hostsTable: (plugin) => parseHosts('192.0.2.7 file.example', plugin),
    openUpstream: () => ({
      name: 'upstream',
      exchange: async (query, { accepts }) => {
        const reply = replyTo(query, random)
        if (!accepts(reply)) throw new Error('no answer')
        return reply
      },
      close,
    }),
    nameServers: () => [],
    searchList: () => ['web.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
    hostAddresses: () => [],
    interfaceAddresses: () => [],
    ownAddresses: new Set(),
  })
  const direct = new DirectAnswers(server, { ...systemEnvironment, random, observe: () => undefined })
  const unsound = new Set<string>()
  let answered = 0
  let promised = 0
  const check = (query: Uint8Array, peer: Peer, answer: Answer): void => {
    if (answer === undefined) return
    answered++
    if (!isSound(query, peer, answer) && unsound.size < 10) unsound.add(Buffer.from(query).toString('hex'))
  }
  for (let i = 1; i <= queries; i++) {
    const query = random(4) === 0 ? randomMessage(random, good) : damage(random, good)
    const peer = peerOf(random)
    const answer = direct.answer(query, peer) ?? server.answer(query, peer)
    if (answer instanceof Promise) {
      promised++
      void answer.then((later) => check(query, peer, later))
    } else check(query, peer, answer)
    if (i % 1000 === 0) await loopTurn()
  }
  server.close()
  return { answered, promised, unsound: [...unsound], panics }
}

const close = (): undefined => undefined

/** The question, turned into a reply with nothing in it, and damaged now and then. */
function replyTo(query: Uint8Array, random: (limit: number) => number): Uint8Array {
  const reply = Uint8Array.from(query)
  reply[2] = (reply[2] ?? 0) | 0x80
  return random(2) === 0 ? reply : damage(random, [reply])
}

function peerOf(random: (limit: number) => number): Peer {
  const address = random(2) === 0 ? '10.244.1.7' : '2001:db8:244::7'
  const local = { host: '192.0.2.10', port: 53 + random(3) }
  return { transport: random(2) === 0 ? 'udp' : 'tcp', address, port: 40_112, local, crowded: random(50) === 0 }
}

/** A response with the identifier of its query, no larger than may be sent. */
function isSound(query: Uint8Array, { transport }: Peer, answer: NonNullable<Answer>): boolean {
  if (!(answer instanceof Uint8Array)) return transport === 'tcp'
  const isReply = answer.length >= 12 && ((answer[2] ?? 0) & 0x80) !== 0
  return (
    isReply &&
    answer[0] === query[0] &&
    answer[1] === query[1] &&
    answer.length <= (transport === 'udp' ? 1232 : 65_535)
  )
}
