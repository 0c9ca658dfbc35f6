import type { Acl } from '../config/corefile/plugins/acl.ts'
import { rcodes } from '../dns/answer.ts'
import { addressBytes } from '../net/address.ts'
import { networkFinder } from '../net/network-finder.ts'
import { answerMessage, extendedError } from './answer-message.ts'
import type { Handler } from './handler.ts'
import type { Reply } from './reply.ts'
import type { Request } from './request.ts'
import { zoneOf } from './zones.ts'

export type Action = Acl['policies'][number]['action']

interface Policy {
  readonly action: Action
  /** By the type of a query and the octets of its client's address. */
  readonly fits: (type: number, client: Uint8Array) => boolean
}

/** RFC 8914 sections 4.16 and 4.18. */
const extendedErrors = { blocked: 15, filtered: 17 } as const

/**
 * Lets queries pass or not: the first policy that fits counts, of the first directive with its zone that has one.
 *
 * @param count Told what is done by which zone.
 */
export function acl(directives: readonly Acl[], next: Handler, count: (action: Action, zone: string) => void): Handler {
  const rules = directives.map(({ zones, policies }) => ({ zones, policies: policies.map(compilePolicy) }))
  return (request) => {
    const client = addressBytes(request.client.address)
    for (const { zones, policies } of rules) {
      const zone = zoneOf(request.name, zones)
      if (zone === undefined) continue
      const policy = policies.find(({ fits }) => fits(request.query.type, client))
      if (policy === undefined) continue
      count(policy.action, zone)
      return perform(policy.action, request, next)
    }
    return next(request)
  }
}

function perform(action: Action, request: Request, next: Handler): ReturnType<Handler> {
  switch (action) {
    case 'allow':
      return next(request)
    case 'drop':
      return { kind: 'silence' }
    case 'block':
      return empty(request, rcodes.REFUSED, extendedErrors.blocked)
    case 'filter':
      return empty(request, rcodes.NOERROR, extendedErrors.filtered)
  }
}

function empty(request: Request, rcode: number, error: number): Reply {
  return { kind: 'message', message: answerMessage(request, { rcode, edns: extendedError(error) }), by: 'acl' }
}

function compilePolicy({ action, types, networks }: Acl['policies'][number]): Policy {
  const numbers = new Set(types.map(({ number }) => number))
  const find = networkFinder(networks)
  return {
    action,
    fits: (type, client) => (numbers.size === 0 || numbers.has(type)) && (networks.length === 0 || find(client) >= 0),
  }
}
