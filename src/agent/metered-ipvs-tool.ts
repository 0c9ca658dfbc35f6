import type { IpvsTool, RefusedLine } from './ipvs-tool.ts'
import type { SyncMeter } from './sync-meter.ts'

/** A tool whose work is measured. No lines at all are not given to it. */
export class MeteredIpvsTool implements IpvsTool {
  readonly #tool: IpvsTool
  readonly #meter: SyncMeter

  constructor(tool: IpvsTool, meter: SyncMeter) {
    this.#tool = tool
    this.#meter = meter
  }

  saveServers(): Promise<string> {
    return this.#meter.time(() => this.#tool.saveServers())
  }

  listConnections(servers?: readonly string[]): Promise<string> {
    return this.#meter.time(() => this.#tool.listConnections(servers))
  }

  saveSets(): Promise<string> {
    return this.#meter.time(() => this.#tool.saveSets())
  }

  listAddresses(): Promise<string> {
    return this.#meter.time(() => this.#tool.listAddresses())
  }

  ensureInterface(): Promise<void> {
    return this.#meter.time(() => this.#tool.ensureInterface())
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
    this.#meter.wrote(lines.reduce((sum, line) => sum + line.length + 1, 0))
    return this.#meter.timeWriting(work)
  }
}
