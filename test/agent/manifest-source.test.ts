import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManifestSource } from '../../src/agent/manifest-source.ts'
import { objectName } from '../../src/model/object.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
})
afterEach(() => rm(directory, { recursive: true }))

const service = (name: string, port: unknown = 80) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name },
    spec: { clusterIP: '10.96.0.1', ports: [{ port }] },
  })
const write = (file: string, ...documents: readonly string[]) =>
  writeFile(join(directory, file), documents.join('\n---\n'))

/** What a reading changed, in words: `+` put, `-` removed, and the errors without the directory. */
async function changes(source: ManifestSource): Promise<readonly string[]> {
  const { put, removed, errors } = await source.read()
  return [
    ...put.map((object) => `+ ${objectName(object)}`),
    ...removed.map((object) => `- ${objectName(object)}`),
    ...errors.map(({ message }) => message.replaceAll(`${directory}/`, '')),
  ]
}

test('objects come, change and go with their files', async () => {
  const source = new ManifestSource([directory])
  await write('a.yaml', service('a'), service('b'))
  expect(await changes(source)).toEqual(['+ Service shop/a', '+ Service shop/b'])
  expect(await changes(source)).toEqual([])
  await write('a.yaml', service('a', 8080))
  await write('c.json', service('c'))
  expect(await changes(source)).toEqual(['+ Service shop/a', '+ Service shop/c', '- Service shop/b'])
  await rm(join(directory, 'a.yaml'))
  expect(await changes(source)).toEqual(['- Service shop/a'])
})

test('a file written anew with the same objects changes nothing', async () => {
  const source = new ManifestSource([directory])
  await write('a.yaml', service('a'))
  await changes(source)
  await write('new', service('a'))
  await rename(join(directory, 'new'), join(directory, 'a.yaml'))
  expect(await changes(source)).toEqual([])
})

test('a bad object keeps its last good state, the others change, and it is reported once', async () => {
  const source = new ManifestSource([directory])
  await write('a.yaml', service('a'), service('b'), service('c'))
  await changes(source)
  await write('a.yaml', service('a', 'http'), service('b', 8080))
  expect(await changes(source)).toEqual([
    '+ Service shop/b',
    '- Service shop/c',
    'a.yaml, document 1, Service shop/a: spec.ports[0].port: expected an integer from 1 to 65535, got "http"',
  ])
  await write('z.yaml', service('z'))
  expect(await changes(source)).toEqual(['+ Service shop/z'])
  await write('a.yaml', service('a', 81), service('b', 8080))
  expect(await changes(source)).toEqual(['+ Service shop/a'])
})

test('a file that is no YAML keeps everything it had', async () => {
  const source = new ManifestSource([directory])
  await write('a.yaml', service('a'), service('b'))
  await changes(source)
  await writeFile(join(directory, 'a.yaml'), 'kind: Service\n  bad: [')
  const [error, ...rest] = await changes(source)
  expect(error).toMatch(/^a\.yaml, document 1, line \d+, column \d+: /)
  expect(rest).toEqual([])
})

test('a file that is empty, as one being replaced in place is for a moment, keeps everything it had', async () => {
  const source = new ManifestSource([directory])
  await write('a.yaml', service('a'))
  await changes(source)
  await writeFile(join(directory, 'a.yaml'), '')
  expect(await changes(source)).toEqual(['Cannot read a.yaml: it is empty; delete the file to remove its objects'])
})

test('the same object in two files: the first file wins, and the other is reported', async () => {
  const source = new ManifestSource([directory])
  await write('b.yaml', service('a', 82))
  await write('a.yaml', service('a', 81))
  const { put, errors } = await source.read()
  expect(put).toMatchObject([{ ports: [{ port: 81 }] }])
  expect(errors.map(({ message }) => message)).toEqual([
    `${directory}/b.yaml, document 1, Service shop/a: metadata.name: the same object stands in ${directory}/a.yaml, document 1; keep one of them`,
  ])
})

test('hidden entries, other files and directories are not read', async () => {
  const source = new ManifestSource([directory])
  await write('.hidden.yaml', service('a'))
  await write('notes.txt', 'not a manifest')
  await mkdir(join(directory, 'nested'))
  await write('nested/a.yaml', service('a'))
  expect(await changes(source)).toEqual([])
})

test('a directory that vanishes is an error, and nothing is taken for removed', async () => {
  const source = new ManifestSource([directory])
  await write('a.yaml', service('a'))
  await changes(source)
  await rename(directory, `${directory}-away`)
  expect(await source.read()).toMatchObject({
    put: [],
    removed: [],
    errors: [{ message: `Cannot read ${directory}: no such file or directory` }],
    incomplete: true,
  })
  expect(await source.read()).toMatchObject({ errors: [], incomplete: true })
  await rename(`${directory}-away`, directory)
  expect(await source.read()).toEqual({ put: [], removed: [], errors: [], incomplete: false })
})

test('a path that never was is an error of the start', async () => {
  await expect(new ManifestSource([join(directory, 'nowhere')]).read()).rejects.toThrow('no such file or directory')
})

test('one path that is gone does not keep the others from being read', async () => {
  await write('a.yaml', service('a'))
  await write('b.yaml', service('b'))
  const source = new ManifestSource([join(directory, 'b.yaml'), join(directory, 'a.yaml')])
  await changes(source)
  await rm(join(directory, 'b.yaml'))
  await write('a.yaml', service('a', 81))
  expect(await changes(source)).toEqual(['+ Service shop/a', 'Cannot read b.yaml: no such file or directory'])
})

test('long text that is broken JSON is not taken for YAML', async () => {
  const long = `{"kind":"List","items":[${Array.from({ length: 1000 }, (_, i) => service(`s${i}`)).join(',')}`
  await writeFile(join(directory, 'a.json'), long)
  expect((await changes(new ManifestSource([directory])))[0]).toMatch(/^a\.json, document 1: SyntaxError: /)
})

test('YAML aliases are refused, however small', async () => {
  const source = new ManifestSource([directory])
  await writeFile(join(directory, 'a.yaml'), 'kind: &k Node\napiVersion: v1\nmetadata: { name: *k }\n')
  expect(await changes(source)).toEqual(['a.yaml, document 1, line 3: aliases are not read; write the value out'])
})
