import type { TableImage } from './table-image.ts'

/** What all that is read of a table at one moment is read from; two reads of one view never disagree. */
export interface TableView {
  readonly image: TableImage
  /** The newest generation of entries that is seen. */
  readonly generation: number
  /** Of every SOA. */
  readonly serial: number
  /** False until the state of the cluster is complete. */
  readonly synced: boolean
}

/** Words of a commit: generation, serial, whether synced. */
export const commitWords = 3

export function writeCommit(words: Int32Array, at: number, view: Omit<TableView, 'image'>): void {
  words[at] = view.generation
  words[at + 1] = view.serial
  words[at + 2] = view.synced ? 1 : 0
}

/** The table as of a commit; with 0, as before the first: empty. */
export function viewOf(image: TableImage, commit: number): TableView {
  if (commit === 0) return { image, generation: 0, serial: 0, synced: false }
  const [generation = 0, serial = 0, synced] = image.words.subarray(commit, commit + commitWords)
  return { image, generation, serial: serial >>> 0, synced: synced === 1 }
}
