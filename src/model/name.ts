import type { Field } from './field.ts'

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

export function isLabel(text: string): boolean {
  return label.test(text)
}

/**
 * A DNS label (RFC 1123): lower-case letters, digits and dashes, at most 63. Every name that reaches a rule comment or
 * a DNS answer passes here, so no quote, blank or line end ever does.
 */
export function labelOf(field: Field): string | undefined {
  const text = field.text()
  if (text === undefined || text === '') return undefined
  if (!label.test(text)) throw field.error('a DNS label (a-z, 0-9 and -, at most 63 characters)')
  return text
}

/** A DNS subdomain (RFC 1123): labels joined by dots, at most 253 characters. */
export function subdomainOf(field: Field): string | undefined {
  const text = field.text()
  if (text === undefined || text === '') return undefined
  if (text.length > 253 || !text.split('.').every((part) => label.test(part))) {
    throw field.error('a DNS name (labels of a-z, 0-9 and - joined by dots, at most 253 characters)')
  }
  return text
}
