import { joinHostPort, type Address } from '../../net/address.ts'
import { protocolWord, type Protocol } from '../../net/protocol.ts'

/** One address, protocol and port that IPVS balances. */
export interface VirtualServer {
  readonly protocol: Protocol
  readonly address: Address
  readonly port: number
  /** `rr`; the kernel may have one that we do not know. */
  readonly scheduler: string
  /** What ipvsadm(8) calls scheduler flags, e.g. `mh-port`; empty for none. */
  readonly flags: string
  /** How long a client stays with one real server, in seconds; absent: no longer than a connection. */
  readonly persistence?: number
  /** What ipvsadm(8) prints besides and we never write, e.g. `-M 255.255.255.0`; absent for none. */
  readonly other?: string
  /** Sorted by target, each once. */
  readonly realServers: readonly RealServer[]
}

/** Where a virtual server sends connections, always by network address translation. */
export interface RealServer {
  /** `10.244.1.7:8080`, `[2001:db8::7]:8080`. */
  readonly target: string
  /** 0: no new connections. */
  readonly weight: number
  /** Another way of forwarding, as ipvsadm(8) prints it, e.g. `-g`; absent for address translation, which we write. */
  readonly other?: string
}

/** `10.96.0.10:53/UDP`, `[2001:db8::10]:53/UDP`: what tells virtual servers apart. */
export function serverKey({ address, port, protocol }: Pick<VirtualServer, 'address' | 'port' | 'protocol'>): string {
  return `${joinHostPort(address, port)}/${protocol}`
}

/** The lines for `ipvsadm -R` that make a virtual server, and its real servers: what `ipvsadm -S -n` prints of it. */
export function serverLines(server: VirtualServer): readonly string[] {
  return [
    `-A ${serverWords(server)} ${serverSettings(server)}`,
    ...server.realServers.map((real) => `-a ${serverWords(server)} ${realServerWords(real)}`),
  ]
}

/** How ipvsadm is told which virtual server is meant: `-t 10.96.0.10:80`. */
export function serverWords({ protocol, address, port }: VirtualServer): string {
  const option = { tcp: '-t', udp: '-u', sctp: '--sctp-service' }[protocolWord(protocol)]
  return `${option} ${joinHostPort(address, port)}`
}

/** Those of the virtual server that a line like `-A -t 10.96.0.10:80 -s rr` is about: what is said of it stands behind them. */
export function wordsInLine(line: string): string {
  return line.split(' ').slice(1, 3).join(' ')
}

/** `-s rr -p 10800`: what `-E` needs in full, because what it is not told it takes away. */
export function serverSettings({ scheduler, persistence, flags }: VirtualServer): string {
  return `-s ${scheduler}${persistence === undefined ? '' : ` -p ${persistence}`}${flags === '' ? '' : ` -b ${flags}`}`
}

export function realServerWords({ target, weight }: RealServer): string {
  return `-r ${target} -m -w ${weight}`
}
