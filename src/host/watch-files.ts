import { watch, type FSWatcher } from 'node:fs'

/**
 * Calls `onChange` once something below these paths may have changed, and again at every later change, until closed.
 * Says nothing of what changed: editors and ConfigMap mounts replace files in ways no event list tells apart.
 */
export function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  onError: (error: Error) => void,
): { close(): void } {
  const watchers: FSWatcher[] = []
  for (const path of paths) {
    const watcher = watch(path, onChange)
    watcher.on('error', onError)
    watchers.push(watcher)
  }
  return { close: () => watchers.forEach((watcher) => watcher.close()) }
}
