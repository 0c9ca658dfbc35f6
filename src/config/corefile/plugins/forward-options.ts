import { optional } from '../../../model/optional.ts'
import { parseAddressPort, type AddressPort } from '../../address-port.ts'
import { responseCode, type Code } from '../code.ts'
import type { OptionReaders } from '../directive.ts'
import { address, duration, integer, oneOf, type Value } from '../value.ts'
import { parseZone } from '../zone.ts'
import type { Forward } from './forward.ts'
import { readHealthCheck } from './health-check.ts'
import { readTls } from './upstream-tls.ts'

const count = integer(0, 2 ** 31 - 1)
const positive: Value<number> = {
  expected: 'a duration above 0, such as 2s',
  parse: (text) => duration().parse(text) || undefined,
}
const resolver: Value<AddressPort> = {
  expected: 'an address with or without a port',
  parse: (text) => parseAddressPort(text),
}
const serverName: Value<string> = {
  expected: 'a server name',
  parse: (text) => parseZone(text)?.slice(0, -1) || undefined,
}
const failure: Value<Code> = {
  expected: 'a response code other than NOERROR, such as SERVFAIL',
  parse: (text) => (/^noerror$/i.test(text) ? undefined : responseCode.parse(text)),
}

export const refusedForwardOptions = { doh_method: 'doh_method: DNS over HTTPS is not supported; leave it out' }

/** The options of `forward`. Those that take a list add to it where they are repeated; otherwise the last one counts. */
export const forwardOptions: OptionReaders<Forward> = {
  except: (words, { except }) => ({ except: [...except, ...words.readSomeZones()] }),
  force_tcp: () => ({ protocol: 'tcp' }),
  // Of both, force_tcp counts.
  prefer_udp: (_, { protocol }) => ({ protocol: protocol === 'tcp' ? 'tcp' : 'prefer-udp' }),
  expire: (words) => optional('expireMs', words.read(duration())),
  max_age: (words) => optional('maxAgeMs', words.read(duration())),
  max_idle_conns: (words) => optional('maxIdleConnections', words.read(count)),
  read_timeout: (words) => optional('readTimeoutMs', words.read(positive)),
  max_fails: (words) => optional('maxFails', words.read(count)),
  max_connect_attempts: (words) => optional('maxConnectAttempts', words.read(count)),
  tls: (words, { tls }) => ({ tls: { ...optional('serverName', tls.serverName), ...readTls(words) } }),
  tls_servername: (words, { tls }) => ({ tls: { ...tls, ...optional('serverName', words.read(serverName)) } }),
  policy: (words) => optional('policy', words.read(oneOf('random', 'round_robin', 'sequential'))),
  health_check: (words) => ({ healthCheck: readHealthCheck(words) }),
  max_concurrent: (words) => optional('maxConcurrent', words.read(count)),
  next: (words, { nextCodes }) => ({ nextCodes: [...nextCodes, ...words.readAll(responseCode)] }),
  next_on_nodata: () => ({ nextOnNodata: true }),
  failover: (words, { failoverCodes }) => ({ failoverCodes: [...failoverCodes, ...words.readAll(failure)] }),
  failfast_all_unhealthy_upstreams: () => ({ failFast: true }),
  source_address: (words) => optional('sourceAddress', words.read(address)),
  resolver: (words) => ({ resolvers: words.readAll(resolver) }),
}
