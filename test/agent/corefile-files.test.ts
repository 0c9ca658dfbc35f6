import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCorefile } from '../../src/agent/corefile-files.ts'

/** What is wrong with the file Corefile among these, with DIR for their directory; its zones when nothing is. */
async function readIn(files: Readonly<Record<string, string>>): Promise<string> {
  await using directory = await mkdtempDisposable('/tmp/corefile-')
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory.path, name), text)
  const read = readCorefile(join(directory.path, 'Corefile')).then(
    ({ blocks }) =>
      blocks.map(({ zones, plugins }) => `${zones[0]?.zone} ${plugins.map(({ name }) => name).join()}`).join(),
    (error: unknown) => String(error),
  )
  return (await read).replaceAll(directory.path, 'DIR')
}

test('files beside the Corefile are imported, as on AKS', async () => {
  const files = {
    Corefile: '.:53 {\n  whoami\n  import *.override\n}\nimport *.server\nimport none/*\n',
    'b.override': 'log\n',
    'a.override': 'cache\n',
    '.c.override': 'errors\n',
  }
  expect(await readIn({ ...files, 'x.server': 'x.example {\n  whoami\n}\n' })).toBe(
    '. log,cache,whoami,x.example. whoami',
  )
  expect(await readIn({ ...files, 'x.server': 'a {\n  whoami x\n}\n' })).toBe(
    'CorefileError: DIR/x.server:2:10: whoami: expected nothing more, got "x"',
  )
})

test('the environment of the process counts', async () => {
  expect(await readIn({ Corefile: '{$HOME} {\n}\n' })).toBe(
    `CorefileError: DIR/Corefile:1:1: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "${process.env['HOME']}" ({$HOME})`,
  )
})

test.each([
  ['import none', 'Cannot read DIR/none: no such file or directory'],
  ['import ../*/*', 'the pattern "../*/*" may have one *, and no ?, [ and ]'],
  ['import [ab]', 'the pattern "[ab]" may have one *, and no ?, [ and ]'],
  ['import .', 'Cannot read DIR: it is a directory'],
])('%s says %s', async (line, want) => {
  expect(await readIn({ Corefile: `${line}\n` })).toBe(`CorefileError: DIR/Corefile:1:8: import: ${want}`)
})

const configMap = (value: string) => `# as kubectl prints it
apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns
data:
  other: x
  Corefile: ${value}
`

test.each([
  [
    'a block: places count in the file',
    '|\n    # first\n    . {\n      any x\n    }',
    ':11:11: any: expected nothing more, got "x"',
  ],
  [
    'a block whose first line is indented',
    '|2-\n     . {\n      any x\n    }',
    ':10:11: any: expected nothing more, got "x"',
  ],
  [
    'a string: places count in the Corefile',
    '". {\\n  any x\\n}\\n"',
    ', data.Corefile:2:7: any: expected nothing more, got "x"',
  ],
  [
    'a folded block',
    '>-\n    a.org\n    b..org',
    ', data.Corefile:1:7: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "b..org"',
  ],
])('a ConfigMap with %s', async (_, value, want) => {
  expect(await readIn({ Corefile: configMap(value) })).toBe(`CorefileError: DIR/Corefile${want}`)
})

test.each([
  ['kind: ConfigMap\ndata:\n  a.server: x\n', ':2:1: data: expected the key Corefile, got {"a.server":"x"}'],
  ['kind: ConfigMap\n', ':1:1: data: expected the key Corefile, got nothing'],
  ['kind: ConfigMap\ndata:\n  Corefile: 5\n', ':3:3: data.Corefile: expected a string, got 5'],
  ['a: &a x\nkind: ConfigMap\ndata:\n  Corefile: *a\n', ':4:13: aliases are not read; write the value out'],
  ['apiVersion: v1\nkind: List\nitems: []\n', ':2:1: kind: expected ConfigMap, got "List"'],
  ['kind: ConfigMap\ndata: {\n', ':3:1: Flow map in block collection must be sufficiently indented'],
])('%j is no ConfigMap with a Corefile', async (text, want) => {
  expect(await readIn({ Corefile: text })).toContain(`CorefileError: DIR/Corefile${want}`)
})

test('what cannot be read', async () => {
  expect(await readIn({})).toBe('Error: Cannot read DIR/Corefile: no such file or directory')
})
