import { readFileSync } from 'node:fs'

/** The text of a file in `rulesets/base`, which stands beside `dist/` in a release and beside `src/` in a checkout. */
export function readBaseFile(name: string): string {
  for (const root of ['../rulesets/base/', '../../rulesets/base/']) {
    try {
      return readFileSync(new URL(root + name, import.meta.url), 'utf8')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  throw new Error(`Cannot find rulesets/base/${name} beside ${import.meta.filename}: the installation is incomplete`)
}
