/** What the names and times of a cluster zone are made from. */
export interface ZoneOptions {
  /** The cluster domain, e.g. `cluster.local`; a final dot and upper case are read as none. */
  readonly domain: string
  /** Seconds that a client may keep an answer, and a denial. CoreDNS' default is 5. */
  readonly ttl: number
}

/** The apex of the zone as an absolute lower-case name: `cluster.local.`. */
export function apexName(options: ZoneOptions): string {
  return `${options.domain.toLowerCase().replace(/\.$/, '')}.`
}
