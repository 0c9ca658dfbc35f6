import { optionWords, wordsOf, type Directive } from '../directive.ts'
import type { Line } from '../line.ts'
import { unknownName } from '../unknown-name.ts'
import { oneOf, type Value } from '../value.ts'

/** Sets and clears bits in the header of messages. */
export interface Header {
  readonly name: 'header'
  /** In queries, before the plugins behind see them. */
  readonly query: readonly HeaderRule[]
  /** In answers. */
  readonly response: readonly HeaderRule[]
}

interface HeaderRule {
  readonly flag: 'aa' | 'ra' | 'rd'
  readonly value: boolean
}

const selectors = ['query', 'response'] as const
type Selector = (typeof selectors)[number]

const action = anyCase(oneOf('set', 'clear'))
const flag = anyCase(oneOf('aa', 'ra', 'rd'))

/** `header { query|response set|clear FLAG... }`. */
export function readHeader(directive: Directive): Header {
  const { line, problems } = directive
  const words = wordsOf(directive)
  words.end()
  const rules: Record<Selector, HeaderRule[]> = { query: [], response: [] }
  for (const option of line.block ?? []) {
    const selector = selectors.find((word) => word === option.name.text.toLowerCase())
    if (selector !== undefined) rules[selector].push(...readRules(directive, option))
    else problems.add(option.name, `header: ${unknownName('option', option.name, selectors)}`)
  }
  if ((line.block ?? []).length === 0) words.complain(undefined, 'expected { and query or response, got nothing')
  return { name: 'header', ...rules }
}

function readRules(directive: Directive, option: Line): readonly HeaderRule[] {
  const words = optionWords(directive, option)
  const state = words.read(action)
  if (state !== undefined) return words.readAll(flag).map((name) => ({ flag: name, value: state === 'set' }))
  words.takeRest()
  return []
}

function anyCase<T>({ expected, parse }: Value<T>): Value<T> {
  return { expected, parse: (text) => parse(text.toLowerCase()) }
}
