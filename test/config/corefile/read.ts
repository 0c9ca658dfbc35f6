import { parseCorefile, type Corefile } from '../../../src/config/corefile/corefile.ts'
import type { Plugin } from '../../../src/config/corefile/plugin.ts'
import { CorefileError } from '../../../src/config/corefile/problem.ts'

/** Reads a Corefile that stands alone, or with these files and variables. */
export function read(
  text: string,
  files: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
): Corefile {
  return parseCorefile(
    { name: 'Corefile', text },
    {
      environment: (name) => variables[name],
      files(pattern) {
        const [prefix = '', suffix = ''] = pattern.split('*')
        const found = Object.keys(files).filter((name) =>
          pattern.includes('*') ? name.startsWith(prefix) && name.endsWith(suffix) : name === pattern,
        )
        if (found.length === 0 && !pattern.includes('*')) return `there is no ${pattern}`
        return found.sort().map((name) => ({ name, text: files[name] ?? '' }))
      },
    },
  )
}

/** The first plugin in a server block of this zone, and of the only one if there are more. */
export function readPlugin(text: string, zone = '.'): Plugin | undefined {
  const name = /^\w+/.exec(text)?.[0]
  return read(`${zone} {\n${text}\n}\n`).blocks[0]?.plugins.find((plugin) => plugin.name === name)
}

/** What is wrong with a Corefile, a line each, without the name of the file. */
export function problems(
  text: string,
  files: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
): readonly string[] {
  try {
    read(text, files, variables)
    return []
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error
    return error.message.split('\n').map((line) => line.replace(/^Corefile:/, ''))
  }
}
