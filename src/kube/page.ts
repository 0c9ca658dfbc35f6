import { Field } from '../model/field.ts'
import { versionOf } from './answer.ts'

/** How long a page and a refusal may be, in bytes. */
export const longestPage = 128 * 1024 * 1024
export const longestStatus = 64 * 1024

/** A part of a list. */
export interface Page {
  readonly items: readonly Field[]
  /** Asks for the next page; undefined on the last. */
  readonly continueToken: string | undefined
  /** Of the whole list. */
  readonly resourceVersion: string
}

export function parsePage(text: string): Page {
  const list = new Field(JSON.parse(text))
  return {
    items: list.get('items').items(),
    continueToken: list.get('metadata').get('continue').text() || undefined,
    resourceVersion: versionOf(list),
  }
}
