import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'

/**
 * Watches directories for changes of any kind. Says nothing of what changed: editors and ConfigMap mounts replace files
 * in ways no event list tells apart.
 */
export class DirectoryWatch {
  readonly #onChange: () => void
  readonly #onError: (error: Error) => void
  readonly #watchers = new Map<string, { readonly inode: number; readonly watcher: FSWatcher }>()

  constructor(onChange: () => void, onError: (error: Error) => void) {
    this.#onChange = onChange
    this.#onError = onError
  }

  /** Watches these directories; one that was removed and made again since is watched anew. */
  async arm(directories: readonly string[]): Promise<void> {
    for (const directory of directories) {
      const { ino } = await stat(directory).catch(() => ({ ino: 0 }))
      // Not there now: whoever reads it says so, and asks again.
      if (ino === 0) continue
      const armed = this.#watchers.get(directory)
      if (armed?.inode === ino) continue
      armed?.watcher.close()
      const watcher = watch(directory, this.#onChange)
      watcher.on('error', this.#onError)
      this.#watchers.set(directory, { inode: ino, watcher })
    }
  }

  close(): void {
    for (const { watcher } of this.#watchers.values()) watcher.close()
  }
}
