import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { corefileHash } from '../../src/agent/corefile-hash.ts'
import { readCorefile } from '../../src/agent/corefile-files.ts'
import { CorefileReload } from '../../src/agent/corefile-reload.ts'
import type { Corefile } from '../../src/config/corefile/corefile.ts'

/** A Corefile that is read again and again, and what became of it. */
interface Followed extends AsyncDisposable {
  readonly directory: string
  readonly reload: CorefileReload
  readonly applied: Corefile[]
  readonly failed: string[]
  /** Set: the next that is applied fails so. */
  refuse: string | undefined
}

async function follow(files: Readonly<Record<string, string>>): Promise<Followed> {
  const directory = await mkdtempDisposable('/tmp/reload-')
  publish(directory.path, files)
  const path = join(directory.path, 'Corefile')
  const applied: Corefile[] = []
  const failed: string[] = []
  const reload = new CorefileReload(corefileHash(await readCorefile(path)), {
    read: () => readCorefile(path),
    apply: async (corefile) => {
      if (followed.refuse !== undefined) throw new Error(followed.refuse)
      applied.push(corefile)
    },
    onFailure: (message) => failed.push(message.replaceAll(directory.path, 'DIR')),
    random: () => 0.5,
  })
  const followed: Followed = {
    directory: directory.path,
    reload,
    applied,
    failed,
    refuse: undefined,
    [Symbol.asyncDispose]: async () => {
      await reload.close()
      await directory[Symbol.asyncDispose]()
    },
  }
  return followed
}

let version = 0

/** Exchanges all files at once, as the kubelet does for the volume of a ConfigMap. */
function publish(directory: string, files: Readonly<Record<string, string>>): void {
  const data = `..2026_${version++}`
  mkdirSync(join(directory, data))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, data, name), text)
  symlinkSync(data, join(directory, '..data_tmp'))
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
  for (const name of Object.keys(files)) {
    const link = join(directory, name)
    if (!existsSync(link)) symlinkSync(join('..data', name), link)
  }
}

const first = '. {\n  whoami\n  import *.part\n}\n'

test('comments, white space and the order of plugins are no change', async () => {
  await using followed = await follow({ Corefile: '. {\n  errors\n  whoami\n}\n' })
  publish(followed.directory, { Corefile: '# new\n.:53 {\n\twhoami # x\n\n    errors\n}\n' })
  await followed.reload.check()
  expect(followed.applied).toEqual([])
  expect(followed.failed).toEqual([])
})

test('a changed file is taken over once, also when only an import changed', async () => {
  await using followed = await follow({ Corefile: first, 'a.part': 'log\n' })
  publish(followed.directory, { Corefile: first, 'a.part': 'errors\n' })
  await followed.reload.check()
  await followed.reload.check()
  expect(followed.applied.map(({ blocks }) => blocks[0]?.plugins.map(({ name }) => name))).toEqual([
    ['errors', 'whoami'],
  ])
})

test('a bad file is told once, however often it is looked at, and again when it is bad in another way', async () => {
  await using followed = await follow({ Corefile: first })
  for (const text of [
    '. {\n whoami x\n}\n',
    '. {\n whoami x\n}\n',
    '. {\n whoami y\n}\n',
    first,
    '. {\n whoami y\n}\n',
  ]) {
    publish(followed.directory, { Corefile: text })
    await followed.reload.check()
  }
  expect(followed.failed).toEqual([
    'DIR/Corefile:2:9: whoami: expected nothing more, got "x"',
    'DIR/Corefile:2:9: whoami: expected nothing more, got "y"',
    'DIR/Corefile:2:9: whoami: expected nothing more, got "y"',
  ])
  expect(followed.applied).toEqual([])
})

test('one that cannot be taken over is not tried again before it changes', async () => {
  await using followed = await follow({ Corefile: first })
  followed.refuse = 'the port is taken'
  publish(followed.directory, { Corefile: '. {\n errors\n}\n' })
  await followed.reload.check()
  await followed.reload.check()
  followed.refuse = undefined
  await followed.reload.check()
  expect(followed.failed).toEqual(['the port is taken'])
  expect(followed.applied).toEqual([])
  // What is in force again needs no reload.
  publish(followed.directory, { Corefile: first })
  await followed.reload.check()
  expect(followed.applied).toEqual([])
  publish(followed.directory, { Corefile: '. {\n errors\n}\n' })
  await followed.reload.check()
  expect(followed.applied).toHaveLength(1)
})

test('a missing file keeps the one in force', async () => {
  await using followed = await follow({ Corefile: first })
  renameSync(join(followed.directory, 'Corefile'), join(followed.directory, 'other'))
  await followed.reload.check()
  expect(followed.failed).toEqual(['Cannot read DIR/Corefile: no such file or directory'])
})

test('whoever asks during a check gets what the file has become since', async () => {
  await using followed = await follow({ Corefile: first })
  publish(followed.directory, { Corefile: '. {\n errors\n}\n' })
  const checks = [followed.reload.check()]

  publish(followed.directory, { Corefile: '. {\n errors\n whoami\n}\n' })
  checks.push(followed.reload.check())
  await Promise.all(checks)
  expect(followed.applied.at(-1)?.blocks[0]?.plugins).toHaveLength(2)
})

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

test.each([
  { random: 0, ms: 7500 },
  { random: 0.5, ms: 10_000 },
  { random: 1, ms: 12_500 },
])('the period is that of the plugin, shorter or longer by half of the jitter: $ms ms', async ({ random, ms }) => {
  const read = vi.fn(async (): Promise<Corefile> => ({ blocks: [] }))
  const reload = new CorefileReload('', {
    read,
    apply: async () => undefined,
    onFailure: () => undefined,
    random: () => random,
  })
  reload.every({ intervalMs: 10_000, jitterMs: 5000 })
  for (let periods = 1; periods <= 3; periods++) {
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(read).toHaveBeenCalledTimes(periods - 1)
    await vi.advanceTimersByTimeAsync(1)
    expect(read).toHaveBeenCalledTimes(periods)
  }
  reload.every(undefined)
  await vi.advanceTimersByTimeAsync(100_000)
  expect(read).toHaveBeenCalledTimes(3)
  await reload.close()
})
