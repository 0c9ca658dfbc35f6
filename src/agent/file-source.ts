import type { Log } from '../host/log.ts'
import { DirectoryWatch } from '../host/watch-files.ts'
import type { ClusterChanges, ClusterSource } from './cluster-source.ts'
import { ManifestSource } from './manifest-source.ts'

/** Files must have been left alone for this long before they are read: few tools replace a file in one step. */
const quietMs = 20

/** But not longer than this after the first change: something else may write there all the time. */
const maxQuietMs = 200

/** How soon a path that could not be read is tried again. */
const againMs = 1000

/** The cluster's state as files have it, read again whenever they change. */
export class FileSource implements ClusterSource {
  readonly nodesMayLack = true
  readonly #manifests: ManifestSource
  readonly #watch: DirectoryWatch
  #onChange: (() => void) | undefined
  #reading: Promise<ClusterChanges> | undefined
  #quiet: NodeJS.Timeout | undefined
  #again: NodeJS.Timeout | undefined
  #changedAt: number | undefined

  constructor(paths: readonly string[], log: Log) {
    this.#manifests = new ManifestSource(paths)
    this.#watch = new DirectoryWatch(
      () => this.#filesChanged(),
      (error) => log.error(`Cannot watch for changes: ${error.message}`),
    )
  }

  read(): Promise<ClusterChanges> {
    const reading = this.#read()
    this.#reading = reading
    return reading
  }

  /** Changes during the first reading are seen by whoever reads once more now. */
  follow(onChange: () => void): void {
    this.#onChange = onChange
  }

  async close(): Promise<void> {
    // One under way may still open what is to be closed; its error has gone to whoever reads.
    await this.#reading?.catch(() => undefined)
    this.#watch.close()
    clearTimeout(this.#quiet)
    clearTimeout(this.#again)
    this.#onChange = undefined
  }

  async #read(): Promise<ClusterChanges> {
    const changedAt = this.#changedAt
    this.#changedAt = undefined
    // First the watch, then the reading: a change in between is seen twice, not missed.
    await this.#watch.arm(await this.#manifests.watchedDirectories())
    const { put, removed, errors, incomplete } = await this.#manifests.read()
    const unreadable = errors.filter(({ object }) => object === undefined).map(({ message }) => message)
    // To go on would take the services of that document out of the kernel, where an agent before us has put them.
    if (this.#onChange === undefined && unreadable.length > 0) throw new Error(unreadable.join('\n'))
    // What could not be read may be there again at any time, and nothing tells when.
    clearTimeout(this.#again)
    if (incomplete) this.#again = setTimeout(() => this.#onChange?.(), againMs)
    return {
      put,
      removed,
      errors: errors.map(({ message }) => message),
      ...(changedAt !== undefined && { changedAt }),
    }
  }

  #filesChanged(): void {
    if (this.#onChange === undefined) return
    this.#changedAt ??= performance.now()
    if (performance.now() - this.#changedAt > maxQuietMs) return
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => this.#onChange?.(), quietMs)
  }
}
