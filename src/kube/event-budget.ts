/** So many Events about one object at once, then one in five minutes. client-go's figures. */
const burst = 25
const refillMs = 5 * 60_000

/** So many objects are remembered; one that is forgotten may have its burst again. */
const remembered = 1024

/** How many new Events each object may have: a token bucket for each. */
export class EventBudget {
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>()

  /** False when there is nothing left. Times are milliseconds since 1970. */
  spend(object: string, now: number): boolean {
    const { tokens, at } = this.#buckets.get(object) ?? { tokens: burst, at: now }
    const filled = Math.min(burst, tokens + Math.max(0, now - at) / refillMs)
    const enough = filled >= 1
    this.#buckets.delete(object)
    this.#buckets.set(object, { tokens: enough ? filled - 1 : filled, at: now })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > remembered && oldest !== undefined) this.#buckets.delete(oldest)
    return enough
  }
}
