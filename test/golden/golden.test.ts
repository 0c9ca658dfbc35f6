import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pointsmanHere } from '../support/in-process.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'

const directory = 'rulesets/clusters'
const files = readdirSync(directory)

/** A cluster file with options: lines `# options: …` and `# options <variant>: …` each make a golden directory. */
interface Case {
  readonly name: string
  readonly file: string
  readonly options: readonly string[]
}
const cases = files.flatMap(casesOf)
const usual = ['--node', 'node-1', '--cluster-cidr', '10.244.0.0/16,2001:db8:244::/48']

let namespace: Namespace
beforeAll(async () => {
  namespace = await createNamespace()
})
afterAll(() => namespace[Symbol.asyncDispose]())

test('every case has its golden directory, and no directory is left over', () => {
  expect(readdirSync('golden').sort()).toEqual(cases.map(({ name }) => name).sort())
})

test.each(files)('%s begins with a line that says what it shows', (file) => {
  expect(readFileSync(`${directory}/${file}`, 'utf8')).toMatch(/^# \S.{20,}/)
})

describe.each(cases)('$name', ({ name, file, options }) => {
  test('renders as golden, and the real tools take it', async () => {
    const documents = await render(file, options)
    expect(documents.map((document) => document.name)).toEqual([
      'iptables-ipv4.rules',
      'iptables-ipv6.rules',
      'zone.db',
      ...(options.includes('--node-local-dns')
        ? ['node-local-dns-ipv4.rules', 'node-local-dns-ipv6.rules', 'node-local-dns.nft']
        : []),
    ])
    for (const document of documents) {
      await expect(document.text).toMatchFileSnapshot(`../../golden/${name}/${document.name}`)
      if (document.name.endsWith('.nft')) await namespace.run('nft', ['--check', '-f', '-'], document.text)
      const [, family] = /^(?:iptables|node-local-dns)-(ipv[46])\.rules$/.exec(document.name) ?? []
      if (family === undefined) continue
      for (const variant of ['nft', 'legacy']) {
        const command = `${family === 'ipv4' ? 'iptables' : 'ip6tables'}-${variant}-restore`
        await namespace.run(command, ['--test', '--noflush'], document.text)
      }
    }
  })
})

describe.each(cases)('$name with IPVS', ({ name, file, options }) => {
  test('renders as golden, and the real tools take it', async () => {
    const all = await render(file, [...options, '--mode', 'ipvs'])
    const documents = new Map(all.map((document) => [document.name, document.text]))
    const ours = [...documents].filter(([document]) => document.startsWith('ipvs'))
    expect(ours.map(([document]) => document)).toEqual([
      'ipvs.ipvsadm',
      'ipvs.addresses',
      'ipvs.ipset',
      'ipvs-ipv4.rules',
      'ipvs-ipv6.rules',
    ])
    for (const [document, text] of ours) await expect(text).toMatchFileSnapshot(`../../golden/${name}/${document}`)
    await namespace.run('ipset', ['restore'], documents.get('ipvs.ipset'))
    const saved = await namespace.run('ipset', ['save'])
    // The kernel has members in an order of its own.
    expect(membersIn(saved)).toEqual(membersIn(documents.get('ipvs.ipset') ?? ''))
    for (const [tool, document] of ipvsRules) {
      for (const variant of ['nft', 'legacy']) {
        await namespace.run(`${tool}-${variant}-restore`, ['--test', '--noflush'], documents.get(document))
      }
    }
    await namespace.run('ipset', ['destroy'])
  })
})

test('the published three-pod example has its published chain names and shares', () => {
  const rules = readFileSync('golden/three-pods/iptables-ipv4.rules', 'utf8')
  const spread = rules.split('\n').filter((line) => line.startsWith('-A KUBE-SVC-7MAVMYXEWSWTZO74') && line.includes('->'))
  expect(spread.map((line) => / (?:--probability (\S+) )?-j (\S+)$/.exec(line)?.slice(1))).toEqual([
    ['0.3333333333', 'KUBE-SEP-I3FOTHZ2ZFHDEZEY'],
    ['0.5000000000', 'KUBE-SEP-VNYQZSEJHSR6FRJ3'],
    [undefined, 'KUBE-SEP-A7FT4NOFGEXI2SSB'],
  ])
})

const ipvsRules = [
  ['iptables', 'ipvs-ipv4.rules'],
  ['ip6tables', 'ipvs-ipv6.rules'],
] as const

function membersIn(sets: string): readonly string[] {
  return sets
    .split('\n')
    .filter((line) => line.startsWith('add '))
    .sort()
}

function casesOf(file: string): readonly Case[] {
  const path = `${directory}/${file}`
  const name = file.replace(/\.yaml$/, '')
  const variants = [...readFileSync(path, 'utf8').matchAll(/^# options ?(.*?): (.*)$/gm)].map(
    ([, variant = '', options = '']) => ({
      name: variant === '' ? name : `${name}-${variant}`,
      file: path,
      options: options.split(' '),
    }),
  )
  // Without a line for the name itself it is rendered with the usual options.
  return variants.some((variant) => variant.name === name) ? variants : [{ name, file: path, options: [] }, ...variants]
}

/** What `render` prints. */
async function render(file: string, options: readonly string[]): Promise<readonly { name: string; text: string }[]> {
  const { exitCode, stdout } = await pointsmanHere(['render', '-f', file, '--output', 'json', ...usual, ...options])
  expect(exitCode).toBe(0)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the shape is what this test is about
  return (JSON.parse(stdout) as { documents: readonly { name: string; text: string }[] }).documents
}
