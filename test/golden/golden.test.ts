import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'

const directory = 'rulesets/clusters'
const cases = readdirSync(directory).map((file) => file.replace(/\.yaml$/, ''))
const usual = ['--node', 'node-1', '--cluster-cidr', '10.244.0.0/16,2001:db8:244::/48']

let namespace: Namespace
beforeAll(async () => {
  namespace = await createNamespace()
})
afterAll(() => namespace[Symbol.asyncDispose]())

test('every case has its golden directory, and no directory is left over', () => {
  expect(readdirSync('golden').sort()).toEqual([...cases].sort())
})

describe.each(cases)('%s', (name) => {
  const file = `${directory}/${name}.yaml`

  test('begins with a line that says what it shows', () => {
    expect(readFileSync(file, 'utf8')).toMatch(/^# \S.{20,}/)
  })

  test('renders as golden, and the real tools take it', async () => {
    const documents = await render(file)
    expect(documents.map((document) => document.name)).toEqual(['iptables-ipv4.rules', 'iptables-ipv6.rules', 'zone.db'])
    for (const document of documents) {
      await expect(document.text).toMatchFileSnapshot(`../../golden/${name}/${document.name}`)
      const [, family] = /^iptables-(ipv[46])\.rules$/.exec(document.name) ?? []
      if (family === undefined) continue
      for (const variant of ['nft', 'legacy']) {
        const command = `${family === 'ipv4' ? 'iptables' : 'ip6tables'}-${variant}-restore`
        await namespace.run(command, ['--test', '--noflush'], document.text)
      }
    }
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

/** What `render` prints for a case; a second line `# options: …` adds to the usual options. */
async function render(file: string): Promise<readonly { name: string; text: string }[]> {
  const options = /^# options: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]?.split(' ') ?? []
  let printed = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk: unknown, ...rest: readonly unknown[]) => {
    printed += String(chunk)
    for (const done of rest) if (typeof done === 'function') done()
    return true
  })
  try {
    expect(await runProgram(['render', '-f', file, '--output', 'json', ...usual, ...options])).toBe(0)
  } finally {
    write.mockRestore()
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the shape is what this test is about
  return (JSON.parse(printed) as { documents: readonly { name: string; text: string }[] }).documents
}
