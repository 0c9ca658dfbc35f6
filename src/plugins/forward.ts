import type { Forward } from '../config/corefile/plugins/forward.ts'
import { rcodes } from '../dns/answer.ts'
import { isForwarded, type ForwardOptions } from '../dns/forward-options.ts'
import { forwardQuery } from '../dns/forward-query.ts'
import { Forwarder, type ForwardResult } from '../dns/forwarder.ts'
import { recordTypes } from '../dns/record-type.ts'
import type { Block } from './block.ts'
import { forwardOptions } from './forward-settings.ts'
import type { Handler } from './handler.ts'
import type { Reply } from './reply.ts'
import type { Request } from './request.ts'
import { upstreamsOf } from './upstreams.ts'

/** One `forward` of a block. */
interface Forwarding {
  readonly options: ForwardOptions
  readonly forwarder: Forwarder
}

/**
 * Asks other servers. The first `forward` that a name is for is asked; the ones behind it only when it hands on what it
 * got. Throws a sentence when there is nobody to ask, or it would ask itself.
 */
export function forwardPlugin(plugins: readonly Forward[], next: Handler, block: Block): Handler {
  const forwardings = plugins.map((plugin) => forwardingOf(plugin, block))
  return (request) => {
    const own = forwardings.filter(({ options }) => isForwarded(options, request.name))
    if (own.length === 0) return next(request)
    if (request.crowded) return { kind: 'rcode', rcode: rcodes.SERVFAIL, reason: 'too many queries wait for answers' }
    // A transfer is many messages, and what came of one would be taken for all.
    return isTransfer(request) ? refusal('zone transfers are not forwarded') : askInTurn(own, request)
  }
}

function forwardingOf(plugin: Forward, block: Block): Forwarding {
  const { environment, onClose } = block
  const options = forwardOptions(plugin)
  const targets = upstreamsOf(plugin, block)
  const forwarder = new Forwarder(targets, options, {
    ...environment,
    observe: (event) => environment.observe({ kind: 'forward', event }),
  })
  onClose(() => {
    forwarder.close()
    for (const target of targets) target.close()
  })
  return { options, forwarder }
}

async function askInTurn(forwardings: readonly Forwarding[], { message, query, transport }: Request): Promise<Reply> {
  const forwarded = forwardQuery(message, query)
  let reply: Reply = { kind: 'silence' }
  for (const { forwarder } of forwardings) {
    const result = await forwarder.forward(forwarded, transport)
    reply = replyOf(result)
    if (result.kind !== 'next') break
  }
  return reply
}

function replyOf(result: ForwardResult): Reply {
  switch (result.kind) {
    case 'reply':
    case 'next':
      return { kind: 'message', message: result.reply, by: 'forward' }
    case 'refused':
      return refusal('too many queries are being forwarded')
    case 'failed':
      return { kind: 'rcode', rcode: rcodes.SERVFAIL, reason: result.reason }
  }
}

function refusal(reason: string): Reply {
  return { kind: 'rcode', rcode: rcodes.REFUSED, reason }
}

function isTransfer({ query: { type } }: Request): boolean {
  return type === recordTypes.AXFR || type === recordTypes.IXFR
}
