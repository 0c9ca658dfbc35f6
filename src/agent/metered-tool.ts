import { countAdded } from '../backends/iptables/document.ts'
import type { IptablesTool } from './iptables-tool.ts'
import type { SyncMeter } from './sync-meter.ts'

/** A tool whose work is measured. */
export class MeteredTool implements IptablesTool {
  readonly #tool: IptablesTool
  readonly #meter: SyncMeter
  /** Documents that it did not take, ever. */
  failures = 0
  /** Rules in the last document. */
  written = countAdded('')

  constructor(tool: IptablesTool, meter: SyncMeter) {
    this.#tool = tool
    this.#meter = meter
  }

  save(): Promise<string> {
    return this.#meter.time(() => this.#tool.save())
  }

  hasCanary(): Promise<boolean> {
    return this.#meter.time(() => this.#tool.hasCanary())
  }

  /** An empty document is not given to the tool at all. */
  async restore(document: string): Promise<void> {
    this.written = countAdded(document)
    if (document === '') return
    try {
      await this.#meter.timeWriting(document.length, () => this.#tool.restore(document))
    } catch (error) {
      this.failures++
      throw error
    }
  }
}
