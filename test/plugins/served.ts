import type { Packet } from 'dns-packet'
import type { K8sExternal } from '../../src/config/corefile/plugins/k8s-external.ts'
import type { Kubernetes } from '../../src/config/corefile/plugins/kubernetes.ts'
import { decodeMessage as ownDecoder } from '../../src/dns/message-decoder.ts'
import { MalformedMessage } from '../../src/dns/message.ts'
import type { Zone } from '../../src/dns/zone.ts'
import type { DnsEnvironment, UpstreamAddress } from '../../src/plugins/environment.ts'
import type { DnsEvent } from '../../src/plugins/events.ts'
import { parseHosts } from '../../src/plugins/hosts-table.ts'
import { DnsServer, type Answer, type Peer } from '../../src/plugins/server.ts'
import { read } from '../config/corefile/read.ts'
import { zone as fixture } from '../dns/fixture.ts'
import { decodeMessage, encodeQuery, type Decoded } from '../dns/codec.ts'
import { FakeClock } from '../dns/fake-clock.ts'
import { FakeTarget, type Asked, type Behaviour } from '../dns/fake-target.ts'
import { randomNumbers } from '../dns/random.ts'

interface Question {
  readonly type?: string
  readonly transport?: 'udp' | 'tcp'
  /** Where it comes from, and the address and port it comes to. */
  readonly from?: string
  readonly to?: string
  readonly port?: number
  readonly packet?: Partial<Packet>
}

/** A Corefile that is served without a network: a clock that stands still, and upstream servers that do as they are told. */
export function serve(
  corefile: string,
  behave: (asked: Asked, upstream: string) => Behaviour = () => ({}),
  {
    zone = () => fixture,
    ...world
  }: Partial<DnsEnvironment> & { readonly zone?: (of: Kubernetes | K8sExternal) => Zone } = {},
) {
  const clock = new FakeClock()
  const lines: string[] = []
  const events: DnsEvent[] = []
  const upstreams: FakeTarget[] = []
  const opened: UpstreamAddress[] = []
  const server = new DnsServer(read(corefile), {
    now: clock.now,
    after: clock.after,
    random: randomNumbers(1),
    observe: (event) => events.push(event),
    write: (line) => lines.push(line),
    zones: (plugin) => [{ view: zone(plugin) }],
    hostsTable: (plugin) => parseHosts('', plugin),
    searchList: () => [],
    openUpstream: (address) => {
      const name = `${address.host}:${address.port}`
      const target = new FakeTarget(name, clock, (asked) => behave(asked, name))
      opened.push(address)
      upstreams.push(target)
      return Object.assign(target, { close: () => undefined })
    },
    nameServers: () => [{ host: '192.0.2.53', port: 53 }],
    hostAddresses: () => [],
    interfaceAddresses: () => [],
    ownAddresses: new Set(['192.0.2.10']),
    ...world,
  })
  const send = (name: string, question: Question = {}): Answer | Promise<Answer> =>
    server.answer(encodeQuery(name, question.type ?? 'A', question.packet), peerOf(question))
  /** The answer, once the clock has gone on for as long as that takes. */
  const answer = async (name: string, question: Question = {}): Promise<Answer> => {
    const asked = send(name, question)
    const progress = { settled: !(asked instanceof Promise) }
    const told = Promise.resolve(asked).finally(() => {
      progress.settled = true
    })
    for (let waited = 0; !progress.settled && waited < 20_000; waited += 10) await clock.advance(10)
    return told
  }
  const ask = async (name: string, question: Question = {}): Promise<Decoded> => {
    const octets = await answer(name, question)
    if (!(octets instanceof Uint8Array)) throw new Error(`${name} has no answer`)
    return decodeMessage(octets)
  }
  return { server, clock, lines, events, upstreams, opened, send, answer, ask }
}

function peerOf({ transport = 'udp', from = '10.244.1.7', to = '192.0.2.10', port = 53 }: Question): Peer {
  return { transport, address: from, port: 40_112, local: { host: to, port } }
}

/** An answer in a line: `NOERROR A 10.96.0.20 30` and so on, one record after the other, with the authority behind `/`. */
export function inShort({ rcode, answers = [], authorities = [] }: Decoded): string {
  const records = answers.map((record) => {
    const data: unknown = 'data' in record ? record.data : ''
    return ` ${record.type} ${typeof data === 'string' ? data : JSON.stringify(data)}`
  })
  const authority =
    authorities.length === 0 ? '' : ` / ${authorities.map(({ type, name }) => `${type} ${name}`).join()}`
  return `${rcode}${records.join('')}${authority}`
}

/** A message that must be one. */
export function message(octets: Uint8Array) {
  const decoded = ownDecoder(octets)
  if (decoded instanceof MalformedMessage) throw new Error(decoded.reason)
  return decoded
}
