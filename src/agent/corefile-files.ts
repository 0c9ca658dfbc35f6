import { globSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseCorefile, type Corefile } from '../config/corefile/corefile.ts'
import { corefileIn } from '../config/corefile/config-map.ts'
import type { Source } from '../config/corefile/lexer.ts'
import { errorText } from '../host/error-text.ts'
import { reason } from '../host/file-error.ts'

/** A ConfigMap holds a mebibyte; JSON and indentation make it more. */
const maxFileBytes = 8 * 1024 * 1024

/**
 * Reads a Corefile with all that it imports, or the ConfigMap that holds it; `-` is stdin. Throws a CorefileError with all
 * that is wrong in it, or a sentence when it cannot be read at all.
 */
export async function readCorefile(path: string): Promise<Corefile> {
  const file = path === '-' ? { name: 'stdin', text: await text(process.stdin) } : { name: path, text: readText(path) }
  return parseCorefile(corefileIn(file), { environment: (name) => process.env[name], files: importedFiles })
}

/** The files that an import means, sorted by name; a sentence when there is none or it cannot be read. */
function importedFiles(pattern: string, from: string): readonly Source[] | string {
  const path = isAbsolute(pattern) ? pattern : join(dirname(from), pattern)
  const wildcards = path.match(/[*?[\]]/g) ?? []
  if (wildcards.length > 1 || /[?[\]]/.test(path)) return `the pattern "${pattern}" may have one *, and no ?, [ and ]`
  try {
    const paths = wildcards.length === 0 ? [path] : globSync(path).sort()
    return paths.map((name) => ({ name, text: readText(name) }))
  } catch (error) {
    return errorText(error)
  }
}

/** A small file as text; throws a sentence when it cannot be read. */
export function readText(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > maxFileBytes) throw new Error(`it has ${size} bytes, more than ${maxFileBytes}`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${reason(error)}`, { cause: error })
  }
}
