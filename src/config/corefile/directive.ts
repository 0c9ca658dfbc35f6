import type { Line } from './line.ts'
import type { Problems } from './problem.ts'
import { unknownName } from './unknown-name.ts'
import { Words } from './words.ts'

/** A plugin's line and what is in braces behind it, and where it stands. */
export interface Directive {
  readonly line: Line
  /** The zones of the server block, in which a plugin works that names none itself. */
  readonly zones: readonly string[]
  readonly problems: Problems
}

/** The words behind the name of the plugin. */
export function wordsOf({ line, problems }: Directive): Words {
  return new Words(line, line.name.text, problems)
}

/** What is left of the line as zones, or those of the server block. */
export function zonesOf({ zones }: Directive, words: Words): readonly string[] {
  return words.next === undefined ? zones : words.readZones()
}

/** Options add to lists, which are copied each time: many thousands would take minutes. */
const maxOptions = 1000

/** How each option is read: what it changes in what has been read so far. */
export type OptionReaders<T> = Readonly<Record<string, (words: Words, soFar: T) => Partial<T>>>

/**
 * Reads what stands in the braces, a line for each option, on top of the defaults.
 *
 * @param refused Options that CoreDNS has or had and we do not, each with the reason.
 */
export function readOptions<T extends object>(
  directive: Directive,
  defaults: T,
  readers: OptionReaders<T>,
  refused: Readonly<Record<string, string>> = {},
): T {
  const { line, problems } = directive
  const values = { ...defaults }
  const options = line.block ?? []
  const extra = options[maxOptions]
  if (extra !== undefined) problems.add(extra.name, `${line.name.text} has more than ${maxOptions} options`)
  for (const option of options.slice(0, maxOptions)) {
    const { name } = option
    const read = Object.hasOwn(readers, name.text) ? readers[name.text] : undefined
    if (read === undefined) {
      const reason = Object.hasOwn(refused, name.text) ? refused[name.text] : undefined
      const problem = reason === undefined ? `: ${unknownName('option', name, Object.keys(readers))}` : ` ${reason}`
      problems.add(name, `${line.name.text}${problem}`)
      continue
    }
    const words = optionWords(directive, option)
    Object.assign(values, read(words, values))
    words.end()
  }
  return values
}

/** For a plugin that has no options. */
export function readNoOptions({ line, problems }: Directive): void {
  for (const { name } of line.block ?? []) problems.add(name, `${line.name.text} has no options`)
}

/** The words behind the name of an option, which has no braces itself. */
export function optionWords({ line, problems }: Directive, option: Line): Words {
  const label = `${line.name.text} ${option.name.text}`
  if (option.block !== undefined) problems.add(option.name, `${label}: an option has no braces of its own`)
  return new Words(option, label, problems)
}
