import { countAdded } from '../backends/iptables/document.ts'
import type { IptablesTool } from './iptables-tool.ts'

/** A tool, and how much it was given and how long it took. */
export class MeteredTool implements IptablesTool {
  readonly #tool: IptablesTool
  /** Bytes given to it, and milliseconds that it worked, since {@link reset}. */
  bytes = 0
  ms = 0
  /** The part of these in which it was given documents. */
  writingMs = 0
  /** Documents that it did not take, ever. */
  failures = 0
  /** Rules in the last document. */
  written = countAdded('')

  constructor(tool: IptablesTool) {
    this.#tool = tool
  }

  reset(): void {
    this.bytes = 0
    this.ms = 0
    this.writingMs = 0
  }

  save(): Promise<string> {
    return this.#timed(() => this.#tool.save())
  }

  hasCanary(): Promise<boolean> {
    return this.#timed(() => this.#tool.hasCanary())
  }

  /** An empty document is not given to the tool at all. */
  async restore(document: string): Promise<void> {
    this.written = countAdded(document)
    if (document === '') return
    this.bytes += document.length
    const before = this.ms
    try {
      await this.#timed(() => this.#tool.restore(document))
    } catch (error) {
      this.failures++
      throw error
    } finally {
      this.writingMs += this.ms - before
    }
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      this.ms += performance.now() - start
    }
  }
}
