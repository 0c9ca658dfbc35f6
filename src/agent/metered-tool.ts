import { countAdded } from '../backends/iptables/document.ts'
import { tables } from '../xtables/rule.ts'
import { isEmptyDocument, textsOf, type RestoreDocument } from '../xtables/restore-document.ts'
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

  saveLines(onLine: (line: string) => void): Promise<void> {
    return this.#meter.time(() => this.#tool.saveLines(onLine))
  }

  hasCanary(): Promise<boolean> {
    return this.#meter.time(() => this.#tool.hasCanary())
  }

  /** An empty document is not given to the tool at all. */
  async restore(document: RestoreDocument): Promise<void> {
    this.written = countAdded('')
    if (isEmptyDocument(document)) return
    const counted = { [Symbol.iterator]: () => this.#counted(document) }
    try {
      await this.#meter.timeWriting(() => this.#tool.restore(counted))
    } catch (error) {
      this.failures++
      throw error
    }
  }

  /** Counts what the tool takes of it. */
  *#counted(document: RestoreDocument): Iterator<string> {
    const written = { ...countAdded('') }
    this.written = written
    for (const text of textsOf(document)) {
      this.#meter.wrote(text.length)
      const added = countAdded(text)
      for (const table of tables) written[table] += added[table]
      yield text
    }
  }
}
