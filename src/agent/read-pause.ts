/** The kernel is read back for at most this share of the time. */
const readShare = 0.01

/**
 * The least time, in milliseconds, from the end of one reading back of the kernel to the next.
 *
 * @param readingMs How long the reading took.
 * @param leastMs Where reading takes no time.
 */
export function pauseAfterReading(readingMs: number, leastMs: number): number {
  return Math.max(leastMs, readingMs / readShare)
}
