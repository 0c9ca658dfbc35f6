import { execFileSync, spawnSync } from 'node:child_process'

const mark = 'POINTSMAN_BENCH_NETWORK'

/**
 * Runs this program again in a network of its own, where every port is free and nobody else answers on it, and waits for its
 * end; true for the one that is in there. Needs root, and unshare of util-linux.
 */
export function isInOwnNetwork(): boolean {
  if (process.env[mark] !== undefined) {
    execFileSync('ip', ['link', 'set', 'lo', 'up'])
    return true
  }
  const args = ['--net', process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const { status } = spawnSync('unshare', args, { stdio: 'inherit', env: { ...process.env, [mark]: 'yes' } })
  process.exitCode = status ?? 1
  return false
}
