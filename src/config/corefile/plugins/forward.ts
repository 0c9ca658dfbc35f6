import type { Address } from '../../../net/address.ts'
import type { AddressPort } from '../../address-port.ts'
import type { Code } from '../code.ts'
import { readOptions, wordsOf, type Directive } from '../directive.ts'
import { lineOf } from '../line.ts'
import { quoted } from '../token.ts'
import { parseUpstream, type Upstream } from '../upstream.ts'
import type { Words } from '../words.ts'
import { forwardOptions, refusedForwardOptions } from './forward-options.ts'
import { defaultHealthCheck, type HealthCheck } from './health-check.ts'
import type { UpstreamTls } from './upstream-tls.ts'

/** Asks other servers. Of several in a block the first whose zone holds the name counts. */
export interface Forward {
  readonly name: 'forward'
  /** Names elsewhere go on to the next plugin. */
  readonly from: string
  /** 1 to 15. */
  readonly to: readonly Upstream[]
  /** Zones below `from` that go on to the next plugin. */
  readonly except: readonly string[]
  /** `client`: UDP or TCP, as the client asks. `prefer-udp`: TCP only after an answer that was cut. */
  readonly protocol: 'client' | 'tcp' | 'prefer-udp'
  readonly policy: 'random' | 'round_robin' | 'sequential'
  /** How long a connection that is not used is kept. */
  readonly expireMs: number
  /** How long a connection is kept at all; 0 for any time. */
  readonly maxAgeMs: number
  /** Connections that are kept for each upstream; 0 for any number. */
  readonly maxIdleConnections: number
  /** How long one upstream may take for an answer. */
  readonly readTimeoutMs: number
  /** Health checks that fail until an upstream counts as down; 0 for never. */
  readonly maxFails: number
  /** Tries for one query; 0 for any number, absent for twice the number of upstreams. */
  readonly maxConnectAttempts?: number
  readonly healthCheck: HealthCheck
  /** Queries at a time, after which others are REFUSED; 0 for any number. */
  readonly maxConcurrent: number
  /** Answers with one of these codes are given up for the next `forward`. */
  readonly nextCodes: readonly Code[]
  /** So are answers without records. */
  readonly nextOnNodata: boolean
  /** After an answer with one of these codes the next upstream is asked. */
  readonly failoverCodes: readonly Code[]
  /** SERVFAIL when all upstreams are down, in place of trying one. */
  readonly failFast: boolean
  readonly tls: UpstreamTls
  /** The address that queries come from; absent: the one that routing chooses. */
  readonly sourceAddress?: Address
  /** Servers that are asked for the addresses of upstreams with a name; empty: those of /etc/resolv.conf. */
  readonly resolvers: readonly AddressPort[]
}

const maxUpstreams = 15

/** `forward FROM TO...`. */
export function readForward(directive: Directive): Forward {
  const words = wordsOf(directive)
  const zone = words.take()
  // Of a network that falls into several zones CoreDNS takes only the first.
  const [from = '.'] = zone === undefined ? [] : words.zonesOf(zone)
  const forward = readOptions(directive, defaults(from, readUpstreams(words)), forwardOptions, refusedForwardOptions)
  const { expireMs, maxAgeMs, tls, to } = forward
  const optionName = (name: string) => lineOf(directive.line, name)?.name
  if (maxAgeMs > 0 && maxAgeMs < expireMs) {
    words.complain(
      optionName('max_age'),
      `max_age of ${maxAgeMs / 1000}s must not be less than expire of ${expireMs / 1000}s`,
    )
  }
  if (tls.serverName !== undefined && to.some((upstream) => 'serverName' in upstream)) {
    words.complain(
      optionName('tls_servername'),
      'give server names either in tls_servername or behind the % of each upstream, not both',
    )
  }
  return forward
}

function readUpstreams(words: Words): readonly Upstream[] {
  const upstreams: Upstream[] = []
  if (words.next === undefined) words.complain(undefined, 'expected a zone and where to forward to, got nothing more')
  for (const [i, word] of words.takeRest().entries()) {
    const upstream = parseUpstream(word.text)
    if (typeof upstream === 'string') words.complain(word, `${upstream}, got ${quoted(word)}`)
    else upstreams.push(upstream)
    if (i === maxUpstreams) words.complain(word, `there are more than ${maxUpstreams} upstreams`)
  }
  return upstreams
}

function defaults(from: string, to: readonly Upstream[]): Forward {
  return {
    name: 'forward',
    from,
    to,
    except: [],
    protocol: 'client',
    policy: 'random',
    expireMs: 10_000,
    maxAgeMs: 0,
    maxIdleConnections: 0,
    readTimeoutMs: 2000,
    maxFails: 2,
    healthCheck: defaultHealthCheck,
    maxConcurrent: 0,
    nextCodes: [],
    nextOnNodata: false,
    failoverCodes: [],
    failFast: false,
    tls: {},
    resolvers: [],
  }
}
