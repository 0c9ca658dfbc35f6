import { isAlias, visit, type Document } from 'yaml'

/** Where the first alias (`*name`) stands, as an offset in the text. We read none: kubectl prints
 * none, and a few can unfold to gigabytes. */
export function firstAlias(document: Document.Parsed): number | undefined {
  let found: number | undefined
  visit(document, (_, node) => {
    if (!isAlias(node)) return undefined
    found = node.range?.[0]
    return visit.BREAK
  })
  return found
}
