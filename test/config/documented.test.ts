import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { clusterFields } from '../../src/config/fields/cluster.ts'
import { kernelFields } from '../../src/config/fields/kernel.ts'
import { refusedFields } from '../../src/config/fields/refused.ts'
import { ruleFields } from '../../src/config/fields/rules.ts'
import { unusedFields } from '../../src/config/fields/unused.ts'

const [, cluster = '', rules = '', kernel = '', unused = ''] = readFileSync('docs/configuration.md', 'utf8').split(
  /^## (?:API server|Rules|This node|Without effect)$/m,
)

interface Row {
  readonly field: string
  readonly flags: string
  readonly last: string
}

function rowsOf(section: string): readonly Row[] {
  const lines = section.split('\n').filter((line) => /^\| *[`-]/.test(line) && !line.startsWith('| --'))
  return lines.map((line) => {
    const cells = line.split('|').map((cell) => cell.trim().replaceAll('`', ''))
    return { field: cells[1] ?? '', flags: cells[2] ?? '', last: cells.at(-2) ?? '' }
  })
}

/** The same of the table that the reader works by. */
function rowsFor(fields: Readonly<Record<string, { readonly flags: readonly string[]; readonly reason?: string }>>) {
  return Object.entries(fields).map(([path, { flags }]) => ({
    field: path.startsWith('--') ? '-' : path,
    flags: flags.map((name) => `--${name}`).join(', ') || '-',
  }))
}

const byField = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

test.each([
  ['API server', cluster, clusterFields],
  ['rules', rules, ruleFields],
  ['this node', kernel, kernelFields],
  ['without effect', unused, unusedFields],
])('docs/configuration.md has every field of "%s", with its flags, and no other', (_, section, fields) => {
  const documented = rowsOf(section).map(({ field, flags }) => ({ field, flags }))
  expect(documented.toSorted(byField)).toEqual(rowsFor(fields).toSorted(byField))
})

test('the reasons are those that the log gives', () => {
  const reasons = Object.values(unusedFields).map(({ reason }) => reason)
  expect(rowsOf(unused).map(({ last }) => last)).toEqual(reasons)
})

test('what is refused is said', () => {
  const text = readFileSync('docs/configuration.md', 'utf8')
  for (const { flags } of Object.values(refusedFields)) expect(text).toContain(`\`--${flags[0]}\``)
})
