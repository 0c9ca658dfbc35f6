import { fields, isFieldPath, type FieldPath } from './settings.ts'

const paths = Object.keys(fields)
  .filter(isFieldPath)
  .filter((path) => !path.startsWith('--'))

const known: ReadonlySet<string> = new Set(paths)

/** `iptables`, `logging.options.text`: what holds fields and is none. */
export const sections: ReadonlySet<string> = new Set(paths.flatMap(prefixes))

/** The field of that path in a file; undefined when there is none. */
export function filePath(path: string): FieldPath | undefined {
  return known.has(path) && isFieldPath(path) ? path : undefined
}

/** What a name may have been meant for in this section: first the names in it, then the paths of all other fields. */
export function knownNames(section: string): readonly string[] {
  const [here, elsewhere]: [string[], string[]] = [[], []]
  for (const path of [...known, ...sections]) {
    if (parentOf(path) === section) here.push(path.slice(path.lastIndexOf('.') + 1))
    else elsewhere.push(path)
  }
  return [...here, ...elsewhere]
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}

function prefixes(path: string): readonly string[] {
  const parent = parentOf(path)
  return parent === '' ? [] : [...prefixes(parent), parent]
}
