import type { Flow } from './flow.ts'
import type { Watch } from './watch.ts'

/** Stale flows that one deletion can name: to one destination, by one who answers, or both. */
export interface StaleFlows {
  /** Absent: every destination that was translated. */
  readonly destination?: string
  /** Who answers them; absent: whoever does, as long as the destination was translated. */
  readonly replySource?: string
}

/**
 * The stale flows that `flow` is one of; undefined when it is not stale. It is when the one who answers may not answer
 * for its destination now. A flow that was never translated is stale only where something answers now: else the next
 * one would be no better.
 */
export function staleFlowsOf({ destination, replySource }: Flow, watch: Watch): StaleFlows | undefined {
  const answers = watch.get(destination)
  if (answers === undefined || answers.now.has(replySource)) return undefined
  if (answers.now.size > 0) return { destination, replySource }
  return replySource === destination ? undefined : { destination }
}

/**
 * All that can be stale where the flows of before were right: those to an answerer that has gone, and untranslated ones
 * where the first has come.
 */
export function expectStaleFlows(watch: Watch): readonly StaleFlows[] {
  return [...watch].flatMap(([destination, { before, now }]): readonly StaleFlows[] => {
    const gone = [...before].filter((target) => !now.has(target))
    if (now.size === 0) return gone.length > 0 ? [{ destination }] : []
    if (before.size === 0) return [{ destination, replySource: destination }]
    return gone.map((replySource) => ({ destination, replySource }))
  })
}

/**
 * The same as {@link expectStaleFlows} by those who went: an endpoint that serves nobody now has only stale flows, so one
 * deletion holds for all its frontends. Undefined where that does not cover everything.
 *
 * @param serves Whether some frontend has this target now.
 */
export function expectGoneAnswerers(
  watch: Watch,
  serves: (target: string) => boolean,
): readonly StaleFlows[] | undefined {
  const all = [...watch.values()]
  if (all.some(({ before, now }) => before.size === 0 && now.size > 0)) return undefined
  const gone = new Set(all.flatMap(({ before, now }) => [...before].filter((target) => !now.has(target))))
  return [...gone].some(serves) ? undefined : [...gone].map((replySource) => ({ replySource }))
}
