import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the tests keep what takes minutes to make. Outside the tree, so that a clean checkout finds it: `~/.cache/pointsman`. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pointsman')
}
