/** What the names and times of a cluster zone are made from. */
export interface ZoneOptions {
  /** The cluster domain, e.g. `cluster.local`; a final dot and upper case are read as none. */
  readonly domain: string
  /** Seconds that a client may keep an answer, and a denial. CoreDNS' default is 5. */
  readonly ttl: number
  /**
   * The zones that are answered for, e.g. `cluster.local` and `10.in-addr.arpa`; a name is in the one that is longest. Absent:
   * the cluster domain and both reverse trees.
   */
  readonly zones?: readonly string[]
}

/** The apex of the zone as an absolute lower-case name: `cluster.local.`. */
export function apexName(options: ZoneOptions): string {
  return absoluteName(options.domain)
}

/** The apex of each zone that is answered for. */
export function zoneNames(options: ZoneOptions): readonly string[] {
  return (options.zones ?? [options.domain, 'in-addr.arpa', 'ip6.arpa']).map(absoluteName)
}

function absoluteName(name: string): string {
  return `${name.toLowerCase().replace(/\.$/, '')}.`
}
