import { readFileSync } from 'node:fs'

/** How many files and sockets this process may have open; Node raises the soft limit to the hard one at its start. */
export function maxOpenFiles(file = '/proc/self/limits'): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(file, 'utf8')) ?? []
  const limit = Number(soft)
  return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit
}
