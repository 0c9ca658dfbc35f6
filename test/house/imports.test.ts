import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const belowAgent = [
  'net',
  'model',
  'plan',
  'xtables',
  'backends/iptables',
  'backends/ipvs',
  'backends/nftables',
  'backends/conntrack',
  'dns',
  'diff',
  'config',
  'plugins',
  'host',
  'kube',
]

/** Which rooms, and which packages, each room may import. Every room may import itself. */
const house: Record<string, { rooms: readonly string[]; packages: readonly string[] | 'any' }> = {
  net: { rooms: [], packages: ['node:crypto', 'ip-num'] },
  model: { rooms: ['net'], packages: [] },
  plan: { rooms: ['net', 'model'], packages: [] },
  xtables: { rooms: ['plan'], packages: [] },
  'backends/iptables': { rooms: ['net', 'model', 'plan', 'xtables'], packages: [] },
  'backends/ipvs': { rooms: ['net', 'model', 'plan', 'xtables'], packages: [] },
  'backends/nftables': { rooms: ['net', 'plan'], packages: [] },
  'backends/conntrack': { rooms: ['net', 'plan'], packages: [] },
  dns: { rooms: ['net', 'model'], packages: ['lru-cache'] },
  diff: { rooms: [], packages: [] },
  config: { rooms: ['net', 'model'], packages: ['yaml'] },
  plugins: { rooms: ['net', 'model', 'dns', 'config'], packages: [] },
  host: { rooms: ['net'], packages: 'any' },
  kube: { rooms: ['net', 'model', 'host'], packages: 'any' },
  agent: { rooms: belowAgent, packages: 'any' },
  cli: { rooms: [...belowAgent, 'agent'], packages: 'any' },
  main: { rooms: ['cli'], packages: [] },
}

const files = globSync('src/**/*.ts')

test('there are files in every room', () => {
  expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(house).sort())
})

test.each(files)('%s imports only what its room may', (file) => {
  const rules = house[roomOf(file)]
  const found = importsOf(readFileSync(file, 'utf8'))
  const forbidden = found.filter((specifier) => {
    if (!specifier.startsWith('.')) return rules?.packages !== 'any' && !rules?.packages.includes(specifier)
    const target = relative('.', join(dirname(file), specifier))
    if (target === 'package.json') return rules?.packages !== 'any'
    return roomOf(target) !== roomOf(file) && !rules?.rooms.includes(roomOf(target))
  })
  expect(forbidden).toEqual([])
})

function roomOf(file: string): string {
  const [, first = '', second = ''] = file.split('/')
  if (first === 'backends') return `backends/${second}`
  return first.replace(/\.ts$/, '')
}

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^'\n]+)'/g)].map((match) => match[1] ?? '')
}
