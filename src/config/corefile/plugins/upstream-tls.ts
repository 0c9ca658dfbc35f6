import { optional } from '../../../model/optional.ts'
import { path } from '../value.ts'
import type { Words } from '../words.ts'

/** For upstreams with the transport `tls`. */
export interface UpstreamTls {
  /** Paths of what we show of ourselves; absent: nothing. */
  readonly client?: { readonly certificate: string; readonly key: string }
  /** The path of the authority that is trusted; absent: those of the system. */
  readonly authority?: string
  /** The name in the certificates of upstreams that give none themselves. */
  readonly serverName?: string
}

/** `tls [AUTHORITY]`, `tls CERTIFICATE KEY [AUTHORITY]`. */
export function readTls(words: Words): UpstreamTls {
  const first = words.readOptional(path)
  const key = words.readOptional(path)
  if (first === undefined || key === undefined) return optional('authority', first)
  return { client: { certificate: first, key }, ...optional('authority', words.readOptional(path)) }
}
