import { nameBytes } from '../dns/name.ts'
import { setUint16 } from '../dns/octets.ts'
import { headerLength, type Query } from '../dns/query.ts'
import type { Address } from '../net/address.ts'

/** A query on its way through the plugins of a server block. A plugin that changes it hands a changed one on. */
export interface Request {
  readonly message: Uint8Array
  /** What `message` says. */
  readonly query: Query
  /** The name in lower case: `front.web.svc.cluster.local.`. */
  readonly name: string
  readonly transport: 'udp' | 'tcp'
  readonly client: Endpoint
  /** Where the query came to. */
  readonly local: Endpoint
  /** How many questions of ours lie between the client's and this one: we ask ourselves for the target of an ExternalName. */
  readonly hops: number
  /** So many queries wait already that an answer that is not there at once would come too late. */
  readonly crowded: boolean
}

export interface Endpoint {
  readonly address: Address
  readonly port: number
}

export function requestOf(
  message: Uint8Array,
  query: Query,
  from: Pick<Request, 'transport' | 'client' | 'local'> & { readonly crowded?: boolean },
): Request {
  return { message, query, name: query.name.toLowerCase(), hops: 0, crowded: false, ...from }
}

/** The same query with another question; what stands behind the question, such as the OPT, stays. */
export function askInstead(
  request: Request,
  question: { readonly name?: string; readonly type?: number; readonly class?: number },
): Request {
  const { message, query } = request
  const { name = query.name, type = query.type, class: questionClass = query.class } = question
  const bytes = nameBytes(name)
  if (bytes === undefined) throw new RangeError(`Cannot ask for "${name}": it is not a DNS name`)
  const questionEnd = headerLength + bytes.length + 4
  const changed = new Uint8Array(questionEnd + message.length - query.questionEnd)
  changed.set(message.subarray(0, headerLength))
  changed.set(bytes, headerLength)
  setUint16(changed, questionEnd - 4, type)
  setUint16(changed, questionEnd - 2, questionClass)
  changed.set(message.subarray(query.questionEnd), questionEnd)
  return {
    ...request,
    message: changed,
    query: { ...query, name, type, class: questionClass, questionEnd },
    name: name.toLowerCase(),
  }
}
