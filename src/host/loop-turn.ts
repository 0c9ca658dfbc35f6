import { setImmediate } from 'node:timers/promises'

/** Resolves when everything that was to be read or accepted at the time of the call has been. */
export async function loopTurn(): Promise<void> {
  // The first may end the turn that is under way, behind its reading.
  await setImmediate()
  await setImmediate()
}
