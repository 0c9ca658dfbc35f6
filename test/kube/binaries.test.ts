import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { controlPlaneBinaries } from '../support/kubernetes-binaries.ts'

let directory = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pointsman-binaries-'))
  vi.stubEnv('XDG_CACHE_HOME', join(directory, 'cache'))
  vi.stubEnv('PATH', '')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

test('KUBEBUILDER_ASSETS comes first', async () => {
  const paths = { etcd: join(directory, 'etcd'), apiServer: join(directory, 'kube-apiserver') }
  for (const path of Object.values(paths)) await writeFile(path, '', { mode: 0o755 })
  vi.stubEnv('KUBEBUILDER_ASSETS', directory)
  expect(await controlPlaneBinaries()).toEqual(paths)
})

test('where there is none, and no Go, the sentence names every place', async () => {
  vi.stubEnv('KUBEBUILDER_ASSETS', '/nowhere')
  await expect(controlPlaneBinaries()).rejects.toThrow(
    /^No etcd for the tests: none in KUBEBUILDER_ASSETS \(\/nowhere\), none in the cache .*\/cache\/pointsman\/etcd-v3\.[\d.]+, and Go could not build it in .*\/test\/etcd \(.+\)\. Put the one of https:\/\/github\.com\/etcd-io\/etcd\/releases, v3\.[\d.]+, into either directory$/,
  )
})
