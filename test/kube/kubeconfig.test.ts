import { mkdir } from 'node:fs/promises'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Identity } from '../../src/kube/credentials.ts'
import { loadCredentials, type ClusterChoice } from '../../src/kube/load-credentials.ts'
import type { Surroundings } from '../../src/kube/surroundings.ts'
import { Folder } from '../support/folder.ts'
import { base64, kubeconfigOf } from '../support/kubeconfig.ts'
import { makeCertificate } from '../upstream/certificate.ts'

/** What no sentence may have in it. */
const secret = 'S3cr3t-of-the-tests-0123456789'
const { cert, key, [Symbol.dispose]: removeCertificate } = makeCertificate('DNS:api.test')
const other = makeCertificate('DNS:other.test')
const server = 'https://192.0.2.1:6443'
const ca = base64(cert)
let folder: Folder

beforeAll(async () => {
  folder = await Folder.make()
})

afterAll(async () => {
  removeCertificate()
  other[Symbol.dispose]()
  await folder[Symbol.asyncDispose]()
})

/** No pod, no environment, no home: what is not there is not found by chance. */
function nowhere(environment: Surroundings['environment'] = {}): Surroundings {
  return { environment, serviceAccount: `${folder.path}/no-service-account`, home: `${folder.path}/no-home` }
}

async function load(content: unknown, choice: ClusterChoice = {}) {
  const kubeconfig = await folder.write('config', content)
  return loadCredentials({ kubeconfig, ...choice }, nowhere())
}

/** The sentence, with the path of the file cut short. */
async function sentence(loading: Promise<unknown>): Promise<string> {
  const message = await loading.then(
    () => 'nothing is wrong',
    (error: unknown) =>
      error instanceof Error
        ? `${error.message}${error.cause === undefined ? '' : inspect(error.cause)}`
        : String(error),
  )
  return message.replaceAll(folder.path, 'DIR')
}

const plain = { server, 'certificate-authority-data': ca }

test.each<[string, Readonly<Record<string, unknown>>, Identity]>([
  ['a token', { token: secret }, { authorization: `Bearer ${secret}` }],
  ['a name and a password', { username: 'a', password: 'b' }, { authorization: `Basic ${base64('a:b')}` }],
  ['a certificate', { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }, { cert, key }],
  [
    'a certificate and a token',
    { token: 'x', 'client-certificate-data': base64(cert), 'client-key-data': base64(key) },
    { authorization: 'Bearer x', cert, key },
  ],
  ['nothing', {}, {}],
  [
    'a token beside a plugin, which is not asked',
    { token: 'x', exec: { command: 'false', apiVersion: 'client.authentication.k8s.io/v1' } },
    { authorization: 'Bearer x' },
  ],
])('a user with %s', async (_, user, identity) => {
  const credentials = await load(kubeconfigOf(plain, user))
  expect(credentials.server).toBe(server)
  expect(await credentials.identity()).toEqual({ ...identity, ca: cert })
})

test('files are read beside the kubeconfig, and a token file wins over a token', async () => {
  await Promise.all([folder.write('ca.crt', cert), folder.write('token', ' from-the-file\n')])
  const cluster = { server, 'certificate-authority': 'ca.crt', 'tls-server-name': 'api.test' }
  const credentials = await load(kubeconfigOf(cluster, { token: 'x', tokenFile: 'token' }))
  expect(credentials.serverName).toBe('api.test')
  expect(await credentials.identity()).toEqual({ authorization: 'Bearer from-the-file', ca: cert })
})

test('a file that is gone for a moment leaves what it held, until the server refuses that', async () => {
  const tokenFile = await folder.write('token', 'first')
  const credentials = await load(kubeconfigOf(plain, { tokenFile }))
  const first = await credentials.identity()
  await folder.write('token', '')
  expect(await credentials.identity()).toEqual(first)
  expect(await sentence(credentials.identity(first))).toMatch(
    /^Kubeconfig DIR\/config, user "someone": tokenFile: cannot read DIR\/token: it is empty/,
  )
  await folder.write('token', 'second')
  expect(await credentials.identity(first)).toEqual({ authorization: 'Bearer second', ca: cert })
})

test('over http nobody is told who we are', async () => {
  const credentials = await load(kubeconfigOf({ server: 'http://192.0.2.1:8080' }, { token: secret }))
  expect(await credentials.identity()).toEqual({})
  expect(await (await load(kubeconfigOf(plain, { token: secret }), { master: 'http://192.0.2.1' })).identity()).toEqual(
    {},
  )
})

test('--master wins over the address, and keeps the rest; a path in it stays', async () => {
  const credentials = await load(kubeconfigOf(plain, { token: 'x' }), { master: 'https://192.0.2.9/clusters/c-1/' })
  expect(credentials.server).toBe('https://192.0.2.9/clusters/c-1')
  expect(await credentials.identity()).toEqual({ authorization: 'Bearer x', ca: cert })
})

const here = 'Kubeconfig DIR/config'
const user = `${here}, user "someone":`
const cluster = `${here}, cluster "here":`
const v1 = 'client.authentication.k8s.io/v1'

describe('what cannot be is a sentence without a secret', () => {
  test.each<[string, () => unknown, string, ClusterChoice?]>([
    ['no YAML', () => `a: [\n${secret}: }`, `${here}, line 2, column 1: it is not YAML (BAD_INDENT)`],
    [
      'an alias',
      () => `a: *${secret}`,
      `${here}: it has an alias that leads nowhere, or too many; write the values out`,
    ],
    [
      'a name twice',
      () => `a: 1\n${secret}: 1\n${secret}: 2`,
      `${here}, line 3, column 1: it is not YAML (DUPLICATE_KEY)`,
    ],
    ['no mapping', () => `- ${secret}`, `${here}: expected a mapping`],
    ['no list', () => ({ users: secret }), `${here}: users: expected a list`],
    ['no name', () => ({ users: [{ user: {} }] }), `${here}: users[0].name: expected a name, got nothing`],
    ['a list for a name', () => ({ users: [{ name: [secret] }] }), `${here}: users[0].name: expected a string`],
    [
      'two of a name',
      () => ({ clusters: [{ name: 'a' }, { name: 'a' }] }),
      `${here}: clusters[1].name: there are two of "a"`,
    ],
    ['no context', () => ({}), `${here}: current-context: expected a context, got nothing; there are none`],
    [
      'no such context',
      () => kubeconfigOf(plain, {}),
      `${here}: --context "blue": there is no such context; there are main`,
      { context: 'blue' },
    ],
    [
      'a current context that is not there',
      () => ({ ...kubeconfigOf(plain, {}), 'current-context': 'gone' }),
      `${here}: current-context "gone": there is no such context; there are main`,
    ],
    [
      'no cluster in a context',
      () => ({ 'current-context': 'a', contexts: [{ name: 'a', context: { user: 'b' } }] }),
      `${here}, context "a": cluster: expected the name of a cluster, got nothing`,
    ],
    [
      'no such cluster',
      () => ({ 'current-context': 'a', contexts: [{ name: 'a', context: { cluster: 'b' } }] }),
      `${here}, context "a": cluster: there is no cluster "b"`,
    ],
    [
      'no such user',
      () => ({ ...kubeconfigOf(plain, {}), users: [] }),
      `${here}, context "main": user: there is no user "someone"`,
    ],
    [
      'no server',
      () => kubeconfigOf({}, {}),
      `${cluster} server: expected http:// or https://, a host and at most a port and a path, such as https://192.0.2.1:6443`,
    ],
    [
      'a password in the address',
      () => kubeconfigOf({ server: `https://a:${secret}@192.0.2.1` }, {}),
      `${cluster} server: expected http:// or https://, a host and at most a port and a path, such as https://192.0.2.1:6443`,
    ],
    [
      'a bad --master',
      () => kubeconfigOf(plain, {}),
      '--master: expected http:// or https://, a host and at most a port and a path, such as https://192.0.2.1:6443',
      { master: `192.0.2.1:${secret}` },
    ],
    [
      'a proxy',
      () => kubeconfigOf({ ...plain, 'proxy-url': `http://a:${secret}@b` }, {}),
      `${cluster} proxy-url: is not supported; the API server is reached without a proxy`,
    ],
    [
      'no base64',
      () => kubeconfigOf({ server, 'certificate-authority-data': '?' }, {}),
      `${cluster} certificate-authority-data: expected base64`,
    ],
    [
      'no certificate',
      () => kubeconfigOf({ server, 'certificate-authority-data': base64(secret) }, {}),
      `${cluster} certificate-authority-data: expected a certificate in PEM`,
    ],
    [
      'authorities that nobody looks at',
      () => kubeconfigOf({ ...plain, 'insecure-skip-tls-verify': true }, {}),
      `${cluster} certificate-authority-data: it is of no use with insecure-skip-tls-verify; keep one of them`,
    ],
    [
      'a word for a flag',
      () => kubeconfigOf({ ...plain, 'insecure-skip-tls-verify': 'yes' }, {}),
      `${cluster} insecure-skip-tls-verify: expected true or false`,
    ],
    [
      'a missing file',
      () => kubeconfigOf({ server, 'certificate-authority': 'gone.crt' }, {}),
      `${cluster} certificate-authority: cannot read DIR/gone.crt: no such file or directory`,
    ],
    ['a number for a token', () => kubeconfigOf(plain, { token: 123_456_789 }), `${user} token: expected a string`],
    [
      'a line break in a token',
      () => kubeconfigOf(plain, { token: `${secret}\n${secret}` }),
      `${user} token: expected a token without blanks`,
    ],
    [
      'a missing token file',
      () => kubeconfigOf(plain, { tokenFile: '/nowhere/token' }),
      `${user} tokenFile: cannot read /nowhere/token: no such file or directory`,
    ],
    [
      'a token and a password',
      () => kubeconfigOf(plain, { token: secret, username: 'a' }),
      `${user} username: there is a token too; keep one of them`,
    ],
    [
      'a certificate without key',
      () => kubeconfigOf(plain, { 'client-certificate-data': base64(cert) }),
      `${user} client-key: expected the key of client-certificate, got nothing`,
    ],
    [
      'a text for a key',
      () => kubeconfigOf(plain, { 'client-certificate-data': base64(cert), 'client-key-data': base64(secret) }),
      `${user} client-key-data: expected a private key in PEM, without a passphrase`,
    ],
    [
      "another's key",
      () => kubeconfigOf(plain, { 'client-certificate-data': base64(cert), 'client-key-data': base64(other.key) }),
      `${user} client-key-data: it does not belong to the client certificate`,
    ],
    [
      'an auth provider',
      () => kubeconfigOf(plain, { 'auth-provider': { name: 'oidc', config: { 'id-token': secret } } }),
      `${user} auth-provider: is not supported; use an exec plugin in its place, such as kubelogin`,
    ],
    [
      'somebody to impersonate',
      () => kubeconfigOf(plain, { token: secret, as: 'root' }),
      `${user} as: is not supported; nobody is impersonated`,
    ],
    [
      'a plugin without a program',
      () => kubeconfigOf(plain, { exec: { apiVersion: v1 } }),
      `${user} exec.command: expected a program, got nothing`,
    ],
    [
      'a plugin of an old version',
      () => kubeconfigOf(plain, { exec: { command: 'a', apiVersion: `${v1}alpha1` } }),
      `${user} exec.apiVersion: expected one of ${v1}, ${v1}beta1`,
    ],
    [
      'a plugin that asks a person',
      () => kubeconfigOf(plain, { exec: { command: 'a', apiVersion: v1, interactiveMode: 'Always' } }),
      `${user} exec.interactiveMode: Always cannot be: nobody is there to answer the plugin`,
    ],
  ])('%s', async (_, content, says, choice = {}) => {
    const said = await sentence(load(content(), choice))
    expect(said.slice(0, says.length)).toBe(says)
    expect(said).not.toContain(secret)
    expect(said).not.toContain(base64(secret))
  })

  test('no kubeconfig where one is named', async () => {
    expect(await sentence(loadCredentials({ kubeconfig: `${folder.path}/none` }, nowhere()))).toBe(
      'Cannot read kubeconfig DIR/none: no such file or directory',
    )
  })
})

describe('where nothing is said', () => {
  test('several kubeconfigs are one, and of two with one name the first counts', async () => {
    const first = await folder.write('first', {
      contexts: [{ name: 'main', context: { cluster: 'here', user: 'someone' } }],
      users: [{ name: 'someone', user: { token: 'first' } }],
    })
    const second = await folder.write('second', kubeconfigOf(plain, { token: 'second' }))
    const environment = { KUBECONFIG: `${folder.path}/none::${first}:${second}` }
    const credentials = await loadCredentials({}, nowhere(environment))
    expect(credentials.server).toBe(server)
    expect(await credentials.identity()).toEqual({ authorization: 'Bearer first', ca: cert })
  })

  test('then the one at home', async () => {
    await using home = await Folder.make()
    await mkdir(`${home.path}/.kube`)
    await home.write('.kube/config', kubeconfigOf(plain, { token: 'at-home' }))
    const credentials = await loadCredentials({}, { ...nowhere(), home: home.path })
    expect(await credentials.identity()).toEqual({ authorization: 'Bearer at-home', ca: cert })
  })

  test('nothing is a sentence, and with --master nobody', async () => {
    expect(await sentence(loadCredentials({}, nowhere()))).toBe(
      'No cluster: this is no pod of one (KUBERNETES_SERVICE_HOST is not set), and there is no kubeconfig DIR/no-home/.kube/config',
    )
    const { server: address, identity } = await loadCredentials({ master: 'http://127.0.0.1:8001' }, nowhere())
    expect([address, await identity()]).toEqual(['http://127.0.0.1:8001', {}])
  })
})

/** With the files of a service account. */
async function pod(environment: Surroundings['environment']): Promise<Surroundings> {
  await Promise.all([folder.write('token', `${secret}\n`), folder.write('ca.crt', cert)])
  return { ...nowhere(environment), serviceAccount: folder.path }
}

describe('in a pod', () => {
  const given = {
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
  }

  test('the service account comes before a kubeconfig, but for --context', async () => {
    const config = await folder.write('config', kubeconfigOf(plain, { token: 'x' }))
    const surroundings = await pod({ ...given, KUBECONFIG: config })
    const { server: address, identity } = await loadCredentials({}, surroundings)
    expect([address, await identity()]).toEqual([
      'https://10.96.0.1:443',
      { authorization: `Bearer ${secret}`, ca: cert },
    ])
    expect((await loadCredentials({ context: 'main' }, surroundings)).server).toBe(server)
  })

  test('an address of the API server in the environment of the container, also IPv6', async () => {
    const host = await pod({ ...given, KUBERNETES_SERVICE_HOST: '2001:db8::6', KUBERNETES_SERVICE_PORT: '6443' })
    const { server: address, caution } = await loadCredentials({}, host)
    expect([address, caution]).toEqual(['https://[2001:db8::6]:6443', undefined])
  })

  test('the cluster IP of its Service is warned of, unless --master says another', async () => {
    const surroundings = await pod(given)
    expect((await loadCredentials({}, surroundings)).caution).toBe(
      'the API server is reached at 10.96.0.1, the cluster IP of the Service default/kubernetes, which leads nowhere on a node without rules: give its own address with --master, or with KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in the DaemonSet',
    )
    const { server: address, caution, identity } = await loadCredentials({ master: server }, surroundings)
    expect([address, caution]).toEqual([server, undefined])
    expect(await identity()).toEqual({ authorization: `Bearer ${secret}`, ca: cert })
  })

  test('files that are not there are a sentence', async () => {
    expect(await sentence(loadCredentials({}, nowhere(given)))).toMatch(
      /^Service account: token: cannot read DIR\/no-service-account\/token: no such file or directory/,
    )
  })
})
