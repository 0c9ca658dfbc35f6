import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadCredentials } from '../../src/kube/load-credentials.ts'
import { Folder } from '../support/folder.ts'
import { base64, kubeconfigOf } from '../support/kubeconfig.ts'
import { makeCertificate } from '../upstream/certificate.ts'

const secret = 'S3cr3t-of-the-tests-0123456789'
const apiVersion = 'client.authentication.k8s.io/v1'
const certificate = makeCertificate('DNS:api.test')
const ca = certificate.cert
let folder: Folder

beforeAll(async () => {
  folder = await Folder.make()
})

afterAll(async () => {
  certificate[Symbol.dispose]()
  await folder[Symbol.asyncDispose]()
})

type Content = Readonly<Record<string, unknown>>

/** Of a user whose plugin is this shell script; `exec` and `cluster` add to what stands there. */
async function plugin(script: string, exec: Content = {}, cluster: Content = {}) {
  await folder.write('plugin', `#!/bin/sh\n${script}\n`, 0o700)
  const user = { exec: { apiVersion, command: './plugin', interactiveMode: 'Never', ...exec } }
  const here = { server: 'https://192.0.2.1:6443', 'certificate-authority-data': base64(ca), ...cluster }
  const kubeconfig = await folder.write('config', kubeconfigOf(here, user))
  return loadCredentials({ kubeconfig })
}

/** A script that prints a credential with this status, once more each time: its token ends in the number of the run. */
function issues(status: Content): string {
  const credential = JSON.stringify({ apiVersion, kind: 'ExecCredential', status })
  return `echo x >> ${folder.path}/runs; n=$(wc -l < ${folder.path}/runs); sed "s/@/$n/" <<'EOF'\n${credential}\nEOF`
}

async function runs(): Promise<number> {
  return (await readFile(`${folder.path}/runs`, 'utf8')).split('\n').length - 1
}

test('it runs once for all who ask, when it is needed first', async () => {
  await folder.write('runs', '')
  const { identity } = await plugin(issues({ token: 'run-@' }))
  expect(await runs()).toBe(0)
  const asked = await Promise.all([identity(), identity(), identity()])
  expect([...asked, await identity()]).toEqual(Array.from({ length: 4 }, () => ({ authorization: 'Bearer run-1', ca })))
  expect(await runs()).toBe(1)
})

test('it runs again after what it said expires, or is refused', async () => {
  await folder.write('runs', '')
  const { identity } = await plugin(issues({ token: 'run-@', expirationTimestamp: '2020-01-01T00:00:00Z' }))
  await identity()
  expect(await identity()).toMatchObject({ authorization: 'Bearer run-2' })
  const lasting = (await plugin(issues({ token: 'run-@', expirationTimestamp: '2120-01-01T00:00:00Z' }))).identity
  const third = await lasting()
  expect(await lasting()).toMatchObject({ authorization: 'Bearer run-3' })
  const fourth = await lasting(third)
  expect(fourth).toMatchObject({ authorization: 'Bearer run-4' })
  // Another request had been refused with the third too, and learns only now that there is a new one.
  expect(await lasting(third)).toEqual(fourth)
  expect(await runs()).toBe(4)
})

test('a certificate and its key', async () => {
  const status = { clientCertificateData: certificate.cert, clientKeyData: certificate.key }
  const { identity } = await plugin(issues(status))
  expect(await identity()).toEqual({ cert: certificate.cert, key: certificate.key, ca })
})

test('it has its arguments and variables, and is told of the cluster where it wants to be', async () => {
  const exec = {
    args: ['one two', '$HOME'],
    env: [{ name: 'MINE', value: 'm' }],
    provideClusterInfo: true,
  }
  const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }]
  const { identity } = await plugin(
    `printf '%s|' "$@" "$MINE" "$KUBERNETES_EXEC_INFO" > ${folder.path}/seen; ${issues({ token: '@' })}`,
    exec,
    { extensions, 'tls-server-name': 'api.test' },
  )
  await identity()
  const [first, second, mine, info = ''] = (await readFile(`${folder.path}/seen`, 'utf8')).split('|')
  expect([first, second, mine]).toEqual(['one two', '$HOME', 'm'])
  expect(JSON.parse(info)).toEqual({
    apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      cluster: {
        server: 'https://192.0.2.1:6443',
        'tls-server-name': 'api.test',
        'certificate-authority-data': base64(ca),
        config: { audience: 'a' },
      },
    },
  })
})

test.each<[string, string, Content, string]>([
  ['fails', `echo "no: ${secret}" >&2; echo ${secret}; exit 3`, {}, 'DIR/plugin ended with exit code 3: no: […]'],
  [
    'fails with a key',
    `printf -- '-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----\\n' >&2; exit 1`,
    {},
    'DIR/plugin ended with exit code 1: […]',
  ],
  [
    'is not there',
    '',
    { command: 'no-such-plugin', args: [secret], installHint: 'get it\nat example.test' },
    'there is no program no-such-plugin; get it at example.test',
  ],
  ['is no program', '', { command: './config' }, 'DIR/config could not be run (EACCES)'],
  ['is killed', 'kill -9 $$', {}, 'DIR/plugin could not be run (SIGKILL)'],
  ['prints too much', `head -c 2000000 /dev/zero`, {}, 'DIR/plugin printed more than 1048576 bytes'],
  ['prints no JSON', `echo ${secret}`, {}, 'DIR/plugin did not print an ExecCredential in JSON'],
  ['prints a list', `echo '["${secret}"]'`, {}, 'DIR/plugin did not print a mapping'],
  [
    'prints another version',
    `echo '{"apiVersion":"${secret}"}'`,
    {},
    'DIR/plugin did not print the version client.authentication.k8s.io/v1',
  ],
  [
    'prints nothing to show',
    `echo '{"apiVersion":"${apiVersion}"}'`,
    {},
    'DIR/plugin did not print status.token, nor a certificate and its key in status',
  ],
  [
    'prints a number',
    `echo '{"apiVersion":"${apiVersion}","status":{"token":1234567}}'`,
    {},
    'DIR/plugin did not print a string in status.token',
  ],
  [
    'prints a key alone',
    `echo '{"apiVersion":"${apiVersion}","status":{"clientKeyData":"${secret}"}}'`,
    {},
    'DIR/plugin did not print the certificate of status.clientKeyData',
  ],
  [
    'prints no time',
    `echo '{"apiVersion":"${apiVersion}","status":{"token":"a","expirationTimestamp":"${secret}"}}'`,
    {},
    'DIR/plugin did not print a time in status.expirationTimestamp',
  ],
  [
    'prints a broken token',
    `echo '{"apiVersion":"${apiVersion}","status":{"token":"a\\\\nb"}}'`,
    {},
    'DIR/plugin did not print a token without blanks in status.token',
  ],
])('a plugin that %s is a sentence without a secret', async (_, script, exec, says) => {
  const { identity } = await plugin(script, { args: [secret], ...exec })
  const failure = identity().catch((error: unknown) => error)
  const error = await failure
  expect(error).toBeInstanceOf(Error)
  const { message, cause } = error instanceof Error ? error : { message: '' }
  expect(message.replaceAll(folder.path, 'DIR')).toBe(`Kubeconfig DIR/config, user "someone": exec: ${says}`)
  expect(String(cause)).not.toContain(secret)
})
