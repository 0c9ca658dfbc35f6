import { readFile, stat } from 'node:fs/promises'
import { reason } from '../host/file-error.ts'

/** A file like /etc/hosts that somebody reads. */
export interface HostsFile {
  readonly path: string
  /** How often it is looked at; 0 for never again. */
  readonly reloadMs: number
}

export interface HostsText {
  /** Empty where there is no file. */
  readonly text: string
  /** When the file was last changed, in milliseconds since 1970; 0 where there is none. */
  readonly changedMs: number
}

/** Some 300,000 entries; CoreDNS reads a file of any size. */
const maxBytes = 16 * 1024 * 1024

const missing: HostsText = { text: '', changedMs: 0 }

interface WatchedFile {
  /** Tells whether the file has changed since. */
  stamp: string
  current: HostsText
  timer?: NodeJS.Timeout
  /** The last sentence that was logged, so that it is logged once. */
  problem?: string | undefined
}

/** Reads hosts files, and reads them again when they change; what cannot be read keeps its last text. */
export class HostsFiles {
  readonly #onChange: (path: string, text: HostsText) => void
  readonly #warn: (message: string) => void
  readonly #files = new Map<string, WatchedFile>()

  constructor(onChange: (path: string, text: HostsText) => void, warn: (message: string) => void) {
    this.#onChange = onChange
    this.#warn = warn
  }

  /** The texts of these files by path, read now; nothing else changes before {@link watch}. */
  async read(files: readonly HostsFile[]): Promise<ReadonlyMap<string, HostsText>> {
    for (const { path } of files) {
      if (!this.#files.has(path)) this.#files.set(path, { stamp: '', current: missing })
      await this.#look(path)
    }
    return new Map([...this.#files].map(([path, { current }]) => [path, current]))
  }

  /**
   * From now on looks after these, all of which have been read, and after no others.
   *
   * @param inForce The texts that are gone by. A file that has become another since is told of at once.
   */
  watch(files: readonly HostsFile[], inForce: ReadonlyMap<string, HostsText>): void {
    const periods = new Map<string, number>()
    for (const { path, reloadMs } of files) {
      const other = periods.get(path)
      periods.set(path, other === undefined || other === 0 ? reloadMs : Math.min(other, reloadMs || other))
    }
    for (const [path, file] of this.#files) {
      clearInterval(file.timer)
      const period = periods.get(path)
      if (period === undefined) {
        this.#files.delete(path)
        continue
      }
      if (period > 0) file.timer = setInterval(() => void this.#lookAgain(path), period)
      if (file.current !== inForce.get(path)) this.#onChange(path, file.current)
    }
  }

  close(): void {
    this.watch([], new Map())
  }

  async #lookAgain(path: string): Promise<void> {
    const before = this.#files.get(path)?.current
    await this.#look(path)
    const now = this.#files.get(path)?.current
    if (now !== undefined && now !== before) this.#onChange(path, now)
  }

  async #look(path: string): Promise<void> {
    const file = this.#files.get(path)
    if (file === undefined) return
    try {
      const { ino, size, mtimeMs, ctimeMs } = await stat(path)
      const stamp = `${ino} ${size} ${mtimeMs} ${ctimeMs}`
      if (stamp === file.stamp) return
      if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`)
      file.current = { text: await readFile(path, 'utf8'), changedMs: mtimeMs }
      file.stamp = stamp
      file.problem = undefined
    } catch (error) {
      const problem = `Cannot read the hosts file ${path}: ${reason(error)}`
      if (problem !== file.problem) this.#warn(problem)
      file.problem = problem
    }
  }
}
