/** That the kernel did not take a document. */
export interface Refusal {
  readonly error: Error
  /** Services whose rules stand in the lines that the tool named; empty when it named none. */
  readonly suspects: ReadonlySet<string>
}

/** Programs all services but those left out; undefined when the kernel took it. */
export type Attempt = (leftOut: ReadonlySet<string>) => Promise<Refusal | undefined>

/**
 * Finds the services whose rules the kernel refuses, and has programmed all others when it returns: those that the tool
 * names are tried apart from the rest, and a group that is refused is halved, so n services of which one is refused take
 * some 2 log2(n) attempts. Throws the first error when the kernel refuses without any of them too.
 *
 * @param candidates Services that the refused document changed.
 */
export async function findRefused(
  candidates: readonly string[],
  first: Refusal,
  attempt: Attempt,
): Promise<ReadonlyMap<string, Error>> {
  const leftOut = new Set(candidates)
  const refused = new Map<string, Error>()
  let baseTaken = false

  const include = async (keys: readonly string[]): Promise<Refusal | undefined> => {
    for (const key of keys) leftOut.delete(key)
    const refusal = await attempt(leftOut)
    if (refusal === undefined) baseTaken = true
    else for (const key of keys) leftOut.add(key)
    return refusal
  }
  const search = async (keys: readonly string[], refusal: Refusal): Promise<void> => {
    const told = bySuspicion(keys, refusal.suspects)
    // Without this, trouble that is no service's would be laid on each of them, one attempt after the other.
    if (told === undefined && !baseTaken && (await include([])) !== undefined) throw first.error
    const [only] = keys
    if (keys.length === 1 && only !== undefined) {
      refused.set(only, refusal.error)
      return
    }
    for (const part of told ?? halves(keys)) {
      const again = await include(part)
      if (again !== undefined) await search(part, again)
    }
  }
  if (candidates.length === 0) throw first.error
  await search(candidates, first)
  return refused
}

/** The others first, then the suspects; undefined where that divides nothing. */
function bySuspicion(
  keys: readonly string[],
  suspects: ReadonlySet<string>,
): readonly (readonly string[])[] | undefined {
  const suspected = keys.filter((key) => suspects.has(key))
  if (suspected.length === 0 || suspected.length === keys.length) return undefined
  return [keys.filter((key) => !suspects.has(key)), suspected]
}

function halves(keys: readonly string[]): readonly (readonly string[])[] {
  const middle = Math.ceil(keys.length / 2)
  return [keys.slice(0, middle), keys.slice(middle)]
}
