import { parseAddress } from '../../net/address.ts'
import type { Value } from './value.ts'

/** Where an HTTP server listens. */
export interface ListenAddress {
  /** An address or a host name; empty for every address. */
  readonly host: string
  readonly port: number
}

/** `:8080`, `localhost:9153`, `[::1]:8080`. */
export const listenAddress: Value<ListenAddress> = {
  expected: 'where to listen, such as :8080 or 127.0.0.1:8080',
  parse(text) {
    const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|([-\w.]*)):(\d{1,5})$/.exec(text) ?? []
    if (port === undefined || Number(port) > 65535) return undefined
    if (bracketed === undefined) return { host: plain, port: Number(port) }
    const host = bracketed.includes(':') ? parseAddress(bracketed) : undefined
    return host === undefined ? undefined : { host, port: Number(port) }
  },
}
