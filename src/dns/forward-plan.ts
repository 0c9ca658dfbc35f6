import type { ForwardOptions } from './forward-options.ts'
import { shuffled } from './shuffled.ts'

/** The order in which servers, by their place in the block, are asked for one query; `turn` counts the queries. */
export function serverOrder(
  policy: ForwardOptions['policy'],
  count: number,
  turn: number,
  random: (limit: number) => number,
): readonly number[] {
  const places = Array.from({ length: count }, (_, i) => i)
  switch (policy) {
    case 'sequential':
      return places
    case 'round_robin':
      return places.map((place) => (place + turn) % count)
    case 'random':
      return shuffled(places, random)
  }
}

/**
 * The servers to ask, one after the other for as long as somebody takes them: those that are not down, in their order,
 * round and round. When all are down `whenAllDown` names those to ask; none ends it.
 */
export function* serversToAsk(
  order: readonly number[],
  isDown: (place: number) => boolean,
  whenAllDown: () => readonly number[],
): Generator<number> {
  for (;;) {
    const up = order.filter((place) => !isDown(place))
    const round = up.length > 0 ? up : whenAllDown()
    if (round.length === 0) return
    yield* round
  }
}
