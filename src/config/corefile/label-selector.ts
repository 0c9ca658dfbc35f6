import type { LabelRequirement } from '../../model/label-selector.ts'

const prefix = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/
const name = /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/
const maxLength = 4096

/**
 * Reads `app=web,tier in (front, back),!legacy`; undefined when it is no selector. Source: Kubernetes, "Labels and
 * Selectors".
 */
export function parseLabelSelector(text: string): readonly LabelRequirement[] | undefined {
  if (text.length > maxLength) return undefined
  // A comma inside parentheses separates values.
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim())
  const requirements = parts.map(parseRequirement)
  return requirements.every((requirement) => requirement !== undefined) ? requirements : undefined
}

function parseRequirement(text: string): LabelRequirement | undefined {
  const [, not, key = '', rest = ''] = /^(!?)\s*([^\s!=()]+)\s*(.*)$/s.exec(text) ?? []
  if (!isKey(key) || (not === '!' && rest !== '')) return undefined
  if (rest === '') return { key, operator: not === '!' ? 'DoesNotExist' : 'Exists' }
  const [, sign, value] = /^(==?|!=)\s*([^\s=!()]*)$/.exec(rest) ?? []
  const [, word, list] = /^(in|notin)\s*\(([^()]*)\)$/.exec(rest) ?? []
  const values = value === undefined ? list?.split(',').map((item) => item.trim()) : [value]
  if (values === undefined || !values.every((item) => item === '' || name.test(item))) return undefined
  const operator = sign === '!=' || word === 'notin' ? 'NotIn' : 'In'
  return { key, operator, values: [...new Set(values)].sort() }
}

function isKey(key: string): boolean {
  const [first = '', second, ...more] = key.split('/')
  if (second === undefined) return name.test(first)
  return more.length === 0 && prefix.test(first) && name.test(second)
}
