import type { Autopath } from '../config/corefile/plugins/autopath.ts'
import { rcodes } from '../dns/answer.ts'
import { autopathList, expandedNames, renamed } from '../dns/autopath.ts'
import { searchListOf } from '../dns/stored-search-list.ts'
import type { Address } from '../net/address.ts'
import type { Block } from './block.ts'
import { after, type Handler } from './handler.ts'
import { messageOf, rcodeOf, type Reply } from './reply.ts'
import { askInstead, type Request } from './request.ts'
import { viewOf } from './zone-source.ts'
import { zoneOf } from './zones.ts'

/** Follows a client's search list: that of a file, or that of the pod which has the client's address. */
export function autopathPlugin(options: Autopath, next: Handler, block: Block): Handler {
  const { zones, server, environment } = block
  const { searchList } = options
  const count = (): void => environment.observe({ kind: 'counted', what: 'autopath', labels: [server] })
  if (searchList.kind === 'kubernetes') {
    const listOf = (client: Address, name: string): readonly string[] | undefined => {
      const view = viewOf(zones, name)
      return view && searchListOf(view, client)
    }
    return autopath(options, next, listOf, count)
  }
  const list = autopathList(environment.searchList(searchList.path))
  return autopath(options, next, () => list, count)
}

/**
 * Follows a client's search list for it, from the name that its search begins with. When none of the names exists, the
 * client gets the answer to its own and goes on by itself.
 *
 * @param listOf The search list of a client, as `autopathList` has it; undefined when it is not known.
 * @param onHit Told of each query whose search has come to something.
 */
export function autopath(
  { zones }: Autopath,
  next: Handler,
  listOf: (client: Address, name: string) => readonly string[] | undefined,
  onHit: () => void,
): Handler {
  return (request) => {
    const { name, query, client } = request
    const list = zoneOf(name, zones) === undefined ? undefined : listOf(client.address, name)
    const [first, ...others] = list === undefined ? [] : expandedNames(list, query.name, query.type)
    if (first === undefined) return next(request)
    return after(next(request), (reply) => {
      if (rcodeOf(reply) === rcodes.NXDOMAIN) return tryNames(request, others, next, reply, onHit)
      onHit()
      return reply
    })
  }
}

/** The answer to the first of the names that is not denied. */
function tryNames(
  request: Request,
  [name, ...others]: readonly string[],
  next: Handler,
  otherwise: Reply,
  onHit: () => void,
): Reply | Promise<Reply> {
  if (name === undefined) return otherwise
  const asked = askInstead(request, { name })
  return after(next(asked), (reply) => {
    if (rcodeOf(reply) === rcodes.NXDOMAIN) return tryNames(request, others, next, otherwise, onHit)
    onHit()
    return inPlace(request, asked, reply)
  })
}

function inPlace(request: Request, asked: Request, reply: Reply): Reply {
  const message = 'by' in reply ? messageOf(asked, reply) : undefined
  if (message === undefined || !('by' in reply)) return reply
  return { kind: 'message', message: renamed(message, request.query.name, asked.query.name), by: reply.by }
}
