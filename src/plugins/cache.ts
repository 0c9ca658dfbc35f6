import type { Cache } from '../config/corefile/plugins/cache.ts'
import { rcodes } from '../dns/answer.ts'
import { cacheQuestion } from '../dns/cache-question.ts'
import { CachedAnswers, type Ask, type CachedAnswer } from '../dns/cached-answers.ts'
import { isPersonal } from '../dns/forward-query.ts'
import { recordTypes } from '../dns/record-type.ts'
import { pluginsNamed, type Block } from './block.ts'
import { cacheOptions } from './cache-settings.ts'
import type { Handler } from './handler.ts'
import { isAuthoritative } from './kubernetes.ts'
import { messageOf, type Reply } from './reply.ts'
import type { Request } from './request.ts'

/**
 * Keeps answers. Those of the plugin kubernetes it neither keeps nor looks for: what is known of the cluster is newer than
 * any copy. Each block has a cache of its own.
 */
export function cachePlugin([options]: readonly Cache[], next: Handler, block: Block): Handler {
  if (options === undefined) return next
  const answers = openCache(options, block)
  const isOurs = authorityOf(block)
  return (request) => {
    if (isTransfer(request) || isOurs(request)) return next(request)
    const question = cacheQuestion(request.message, request.query, '')
    if (!answers.cache.covers(question)) return next(request)
    let behind: Reply = { kind: 'rcode', rcode: rcodes.SERVFAIL, reason: 'no plugin answered' }
    const ask: Ask = async () => {
      behind = await next(request)
      const reply = behind.kind === 'rcode' ? undefined : messageOf(request, behind)
      return reply && { reply, personal: isPersonal(request.message, request.query) }
    }
    const found = answers.answer(question, ask)
    return found instanceof Promise
      ? found.then((asked) => (asked ? wireReply(asked, 'by' in behind ? behind.by : 'cache') : behind))
      : wireReply(found, 'cache')
  }
}

function openCache(options: Cache, { environment, server, addCache }: Block): CachedAnswers {
  const labels = { server, zones: options.zones.join(','), view: '' } as const
  const answers = new CachedAnswers(cacheOptions(options), {
    ...environment,
    observe: (event) => environment.observe({ kind: 'cache', labels, event }),
  })
  addCache({ labels, answers })
  return answers
}

/** Whether the plugin kubernetes or k8s_external of the block answers a query itself. */
function authorityOf({ plugins, zones, externalZones }: Block): (request: Request) => boolean {
  const [kubernetes] = pluginsNamed(plugins, 'kubernetes')
  const [external] = pluginsNamed(plugins, 'k8s_external')
  return (request) =>
    (external !== undefined && isAuthoritative(external, externalZones, request)) ||
    (kubernetes !== undefined && isAuthoritative(kubernetes, zones, request))
}

function wireReply({ answer, ...changes }: CachedAnswer, by: string): Reply {
  return { kind: 'wire', answer, changes, by }
}

function isTransfer({ query: { type } }: Request): boolean {
  return type === recordTypes.AXFR || type === recordTypes.IXFR
}
