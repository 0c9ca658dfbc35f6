import { viewOf } from './table/commit.ts'
import { TableImage } from './table/table-image.ts'
import type { ZoneOptions } from './zone-options.ts'
import { ZoneView } from './zone-view.ts'

/** How a thread reads a zone that another thread writes. */
export class ZoneReader {
  readonly #options: ZoneOptions
  #image: TableImage
  #commit = 0
  #view: ZoneView

  /** @param options Those of the zone, and `buffer` its table. */
  constructor(options: ZoneOptions, buffer: SharedArrayBuffer) {
    this.#options = options
    this.#image = new TableImage(buffer)
    this.#view = this.#viewOf(0)
  }

  /** The zone as of now; one answer should come from one of them. Costs one look while nothing has changed. */
  get view(): ZoneView {
    const commit = this.#image.head
    if (commit !== this.#commit) {
      this.#commit = commit
      this.#view = this.#viewOf(commit)
    }
    return this.#view
  }

  /** Reads from another buffer from now on; the writer sees to it that it says the same. */
  exchange(buffer: SharedArrayBuffer): void {
    this.#image = new TableImage(buffer)
    this.#commit = 0
    this.#view = this.#viewOf(0)
  }

  #viewOf(commit: number): ZoneView {
    return new ZoneView(this.#options, viewOf(this.#image, commit))
  }
}
