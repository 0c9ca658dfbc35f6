import { dirname } from 'node:path'
import { errorText } from '../host/error-text.ts'
import type { Log } from '../host/log.ts'
import { DirectoryWatch } from '../host/watch-files.ts'

/** A ConfigMap mount is exchanged in a few steps. */
const quietMs = 100

/**
 * Looks at a configuration file whenever something in its directory changes, as when a ConfigMap mount points elsewhere, and
 * tells once that it says something else than at the start. One that cannot be used is logged, and what was read at the
 * start stays in force.
 */
export class ConfigWatch {
  readonly #path: string
  readonly #read: () => Promise<string>
  readonly #log: Log
  readonly #watch: DirectoryWatch
  readonly #changed = Promise.withResolvers<string>()
  #quiet: NodeJS.Timeout | undefined
  #first: string | undefined
  #problem = ''

  /** @param read What the file comes to, the same text for the same settings; throws a sentence when it cannot be used. */
  constructor(path: string, read: () => Promise<string>, log: Log) {
    this.#path = path
    this.#read = read
    this.#log = log
    this.#watch = new DirectoryWatch(
      () => {
        clearTimeout(this.#quiet)
        this.#quiet = setTimeout(() => void this.#look(), quietMs)
      },
      (error) => log.error(`Cannot watch ${path} for changes: ${error.message}`),
    )
  }

  /** Resolves with a sentence. */
  get changed(): Promise<string> {
    return this.#changed.promise
  }

  /** @param first What the file came to when it was read at the start. */
  async start(first: string): Promise<void> {
    this.#first = first
    await this.#watch.arm([dirname(this.#path)])
    // It may have changed since it was read.
    await this.#look()
  }

  close(): void {
    clearTimeout(this.#quiet)
    this.#watch.close()
  }

  async #look(): Promise<void> {
    try {
      const now = await this.#read()
      this.#problem = ''
      if (now !== this.#first) this.#changed.resolve(`${this.#path} says something else than at the start`)
    } catch (error) {
      const problem = errorText(error)
      if (problem !== this.#problem) {
        this.#log.error(
          `${this.#path} changed and cannot be used, what it said at the start stays in force: ${problem}`,
        )
      }
      this.#problem = problem
    }
  }
}
