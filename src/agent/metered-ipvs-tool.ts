import type { IpvsTool, RefusedLine } from './ipvs-tool.ts'

/** A tool, and how much it was given and how long it took. No lines at all are not given to it. */
export class MeteredIpvsTool implements IpvsTool {
  readonly #tool: IpvsTool
  /** Bytes given to it, and milliseconds that it worked, since {@link reset}. */
  bytes = 0
  ms = 0
  /** The part of these in which it was given lines. */
  writingMs = 0

  constructor(tool: IpvsTool) {
    this.#tool = tool
  }

  reset(): void {
    this.bytes = 0
    this.ms = 0
    this.writingMs = 0
  }

  saveServers(): Promise<string> {
    return this.#timed(() => this.#tool.saveServers())
  }

  listConnections(servers?: readonly string[]): Promise<string> {
    return this.#timed(() => this.#tool.listConnections(servers))
  }

  saveSets(): Promise<string> {
    return this.#timed(() => this.#tool.saveSets())
  }

  listAddresses(): Promise<string> {
    return this.#timed(() => this.#tool.listAddresses())
  }

  ensureInterface(): Promise<void> {
    return this.#timed(() => this.#tool.ensureInterface())
  }

  changeServers(lines: readonly string[]): Promise<string> {
    return this.#write(lines, '', () => this.#tool.changeServers(lines))
  }

  changeSets(lines: readonly string[]): Promise<readonly RefusedLine[]> {
    return this.#write(lines, [], () => this.#tool.changeSets(lines))
  }

  changeAddresses(lines: readonly string[]): Promise<readonly RefusedLine[]> {
    return this.#write(lines, [], () => this.#tool.changeAddresses(lines))
  }

  async #write<T>(lines: readonly string[], nothing: T, work: () => Promise<T>): Promise<T> {
    if (lines.length === 0) return nothing
    this.bytes += lines.reduce((sum, line) => sum + line.length + 1, 0)
    const before = this.ms
    try {
      return await this.#timed(work)
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
