/**
 * What iptables-restore is given: a text, or texts of whole lines one after another, because the document of a large cluster
 * is never to be in memory as a whole. Who goes through it again gets the same texts, made anew.
 */
export type RestoreDocument = string | Iterable<string>

export function textsOf(document: RestoreDocument): Iterable<string> {
  return typeof document === 'string' ? [document] : document
}

/** For a document that is not large. */
export function wholeText(document: RestoreDocument): string {
  return [...textsOf(document)].join('')
}

export function isEmptyDocument(document: RestoreDocument): boolean {
  for (const text of textsOf(document)) if (text !== '') return false
  return true
}
