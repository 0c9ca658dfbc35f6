import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pointsman } from '../support/command-line.ts'

const fixtures = 'test/config/corefile/fixtures'
const check = (...args: readonly string[]) => pointsman(['check-corefile', ...args])

test('one line says what would be served', async () => {
  expect(await check(`${fixtures}/coredns-kubeadm.yaml`)).toEqual({
    exitCode: 0,
    stdout: `${fixtures}/coredns-kubeadm.yaml: OK, .:53 (reload ready health prometheus errors loadbalance cache kubernetes loop forward)\n`,
    stderr: '',
  })
  const { stdout } = await check(`${fixtures}/node-local-dns.yaml`)
  expect(stdout).toBe(
    `${fixtures}/node-local-dns.yaml: OK, ` +
      'cluster.local:53 on 169.254.20.10 10.96.0.10 (reload bind health prometheus errors cache loop forward); ' +
      'in-addr.arpa:53 on 169.254.20.10 10.96.0.10 (reload bind prometheus errors cache loop forward); ' +
      'ip6.arpa:53 on 169.254.20.10 10.96.0.10 (reload bind prometheus errors cache loop forward); ' +
      '.:53 on 169.254.20.10 10.96.0.10 (reload bind prometheus errors cache loop forward)\n',
  )
})

test('-o json prints all of it, defaults too', async () => {
  const { exitCode, stdout } = await pointsman(['check-corefile', '-', '-o', 'json'], {
    input: 'a.org {\n bufsize\n}\n',
  })
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    apiVersion: 'pointsman/v1',
    kind: 'Corefile',
    blocks: [{ zones: [{ zone: 'a.org.', port: 53 }], plugins: [{ name: 'bufsize', size: 1232 }] }],
  })
})

test('every error stands on stderr, with its place in the file; exit code 2', async () => {
  await using directory = await mkdtempDisposable('/tmp/corefile-')
  const file = join(directory.path, 'Corefile')
  await writeFile(file, '.:53 {\n  erors\n  cache nul l..\n}\n')
  expect(await check(file)).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `${file}:2:3: unknown plugin "erors"; did you mean errors?\n${file}:3:13: cache: expected a zone such as cluster.local, or a network such as 10.0.0.0/16, got "l.."\n`,
  })
})

test('a ConfigMap on stdin', async () => {
  const input = JSON.stringify({ kind: 'ConfigMap', data: { Corefile: '.:53 {\n  whoami\n}\n' } }, undefined, 2)
  expect((await pointsman(['check-corefile', '-'], { input })).stdout).toBe('-: OK, .:53 (whoami)\n')
})

test('a file that is not there', async () => {
  expect(await check('/nowhere/Corefile')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'Cannot read /nowhere/Corefile: no such file or directory\n',
  })
})
