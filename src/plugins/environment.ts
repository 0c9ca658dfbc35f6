import type { AddressPort } from '../config/address-port.ts'
import type { Hosts } from '../config/corefile/plugins/hosts.ts'
import type { K8sExternal } from '../config/corefile/plugins/k8s-external.ts'
import type { Kubernetes } from '../config/corefile/plugins/kubernetes.ts'
import type { UpstreamTls } from '../config/corefile/plugins/upstream-tls.ts'
import type { ForwardTarget } from '../dns/forward-target.ts'
import type { Address } from '../net/address.ts'
import type { DnsEvent } from './events.ts'
import type { HostsTable } from './hosts-table.ts'
import type { ZoneSource } from './zone-source.ts'

/** What serving a Corefile needs of the world. */
export interface DnsEnvironment {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** A whole number from 0 to `limit` - 1 that nobody can foresee. */
  readonly random: (limit: number) => number
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** Told what happens, for metrics. */
  readonly observe: (event: DnsEvent) => void
  /** Takes a line of the log as CoreDNS writes it, without its end: `[ERROR] plugin/errors: 2 example.com. A: …`. */
  readonly write: (line: string) => void
  /** What a plugin kubernetes or k8s_external answers from. */
  readonly zones: (plugin: Kubernetes | K8sExternal) => readonly ZoneSource[]
  /** What the file of a plugin hosts says now. */
  readonly hostsTable: (plugin: Hosts) => HostsTable
  /** The `search` line of a resolv.conf(5). Throws a sentence when it cannot be read. */
  readonly searchList: (path: string) => readonly string[]
  /** Makes an upstream server ready to be asked. Throws a sentence when it cannot. */
  readonly openUpstream: (server: UpstreamAddress) => OpenUpstream
  /** The name servers of a resolv.conf(5), in their order. Throws a sentence when it cannot be read. */
  readonly nameServers: (path: string) => readonly AddressPort[]
  /** The addresses of an upstream that the Corefile names; none when it has none. */
  readonly hostAddresses: (host: string) => readonly Address[]
  /** The addresses of an interface; none when there is no such interface. */
  readonly interfaceAddresses: (name: string) => readonly Address[]
  /** The addresses at which a server block without `bind` is reached. */
  readonly ownAddresses: ReadonlySet<Address>
}

/** A server that queries are forwarded to, and how. */
export interface UpstreamAddress {
  /** With the interface of a link-local address: `fe80::1%eth0`. */
  readonly host: string
  readonly port: number
  /** Present: DNS over TLS. Files are named by their paths. */
  readonly tls?: UpstreamTls
  /** How long a connection may be idle. */
  readonly expireMs: number
  /** How old it may get; absent: any age. */
  readonly maxAgeMs?: number
  /** How many may be idle at a time. */
  readonly maxIdle: number
  /** The address that queries come from; absent: the one that routing chooses. */
  readonly sourceAddress?: Address
}

export interface OpenUpstream extends ForwardTarget {
  readonly close: () => void
}
