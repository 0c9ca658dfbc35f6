import { mkdtempDisposable, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HostsFiles } from '../../src/agent/hosts-files.ts'

const patient = { timeout: 10_000 }

/** Runs with a directory and files that are read every 20 ms; `seen` is the texts that came, `said` the warnings. */
async function withFiles(
  work: (path: string, files: HostsFiles, seen: string[], said: string[]) => Promise<void>,
): Promise<void> {
  await using directory = await mkdtempDisposable('/tmp/hosts-')
  const seen: string[] = []
  const said: string[] = []
  const files = new HostsFiles(
    (_, { text }) => seen.push(text),
    (message) => said.push(message),
  )
  try {
    await work(join(directory.path, 'hosts'), files, seen, said)
  } finally {
    files.close()
  }
}

async function watch(files: HostsFiles, path: string, reloadMs = 20): Promise<string | undefined> {
  const texts = await files.read([{ path, reloadMs }])
  files.watch([{ path, reloadMs }], texts)
  return texts.get(path)?.text
}

test('a file that is replaced is read again, and only then', () =>
  withFiles(async (path, files, seen) => {
    await writeFile(path, '192.0.2.1 a\n')
    expect(await watch(files, path)).toBe('192.0.2.1 a\n')
    await writeFile(`${path}.new`, '192.0.2.2 a\n')
    await rename(`${path}.new`, path)
    await expect.poll(() => seen, patient).toEqual(['192.0.2.2 a\n'])
    await writeFile(path, '192.0.2.3 a b\n')
    await expect.poll(() => seen.at(-1), patient).toBe('192.0.2.3 a b\n')
  }))

test('a file that is not there is warned of once, and read when it comes', () =>
  withFiles(async (path, files, seen, said) => {
    expect(await watch(files, path)).toBe('')
    await files.read([{ path, reloadMs: 20 }])
    expect(said).toEqual([`Cannot read the hosts file ${path}: no such file or directory`])
    await writeFile(path, '192.0.2.1 a\n')
    await expect.poll(() => seen, patient).toEqual(['192.0.2.1 a\n'])
  }))

test('one that goes, or grows without bound, keeps its last text', () =>
  withFiles(async (path, files, seen, said) => {
    await writeFile(path, '192.0.2.1 a\n')
    await watch(files, path)
    await truncate(path, 17 * 1024 * 1024)
    await expect.poll(() => said, patient).toHaveLength(1)
    expect(said[0]).toContain('it has 17825792 bytes, more than 16777216')
    await rm(path)
    await expect.poll(() => said, patient).toHaveLength(2)
    const texts = await files.read([{ path, reloadMs: 20 }])
    expect(texts.get(path)?.text).toBe('192.0.2.1 a\n')
    expect(seen).toEqual([])
  }))

test('a period of 0 is never again; of two the shorter counts', () =>
  withFiles(async (path, files, seen) => {
    await writeFile(path, 'a')
    await watch(files, path, 0)
    const inForce = await files.read([])
    await writeFile(path, 'ab')
    const periods = [60_000, 0, 20].map((reloadMs) => ({ path, reloadMs }))
    files.watch(periods, inForce)
    await expect.poll(() => seen, patient).toEqual(['ab'])
    files.watch([{ path, reloadMs: 0 }], await files.read([]))
    await writeFile(path, 'abc')
    expect(seen).toEqual(['ab'])
  }))

test('a text that was read for nothing is told of, as it is not the one in force', () =>
  withFiles(async (path, files, seen) => {
    await writeFile(path, 'a')
    await watch(files, path)
    const inForce = await files.read([])
    files.watch([{ path, reloadMs: 0 }], inForce)
    await writeFile(path, 'ab')
    await files.read([{ path, reloadMs: 20 }])
    files.watch([{ path, reloadMs: 20 }], inForce)
    expect(seen).toEqual(['ab'])
  }))
