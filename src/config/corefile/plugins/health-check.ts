import { duration, type Value } from '../value.ts'
import type { Words } from '../words.ts'
import { parseZone } from '../zone.ts'

/** How it is found out whether an upstream that failed is well again. */
export interface HealthCheck {
  readonly intervalMs: number
  /** The RD bit of the query. */
  readonly recursionDesired: boolean
  /** The name whose NS records are asked for. */
  readonly domain: string
}

export const defaultHealthCheck: HealthCheck = { intervalMs: 500, recursionDesired: true, domain: '.' }

const domainName: Value<string> = { expected: 'a domain name', parse: parseZone }

/** `INTERVAL [no_rec] [domain NAME]`. */
export function readHealthCheck(words: Words): HealthCheck {
  const intervalMs = words.read(duration()) ?? 0
  let { recursionDesired, domain } = defaultHealthCheck
  for (;;) {
    if (words.skip('no_rec')) recursionDesired = false
    else if (words.skip('domain')) domain = words.read(domainName) ?? '.'
    else return { intervalMs, recursionDesired, domain }
  }
}
