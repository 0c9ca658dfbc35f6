import { execa } from 'execa'
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { createNamespace } from '../support/namespace.ts'
import { pointsman } from '../support/command-line.ts'

const cases = 'rulesets/clusters'
const usual = ['--node', 'node-1', '--cluster-cidr', '10.244.0.0/16,2001:db8:244::/48']

// What was there, what is asked for, and options. The files are what a colleague reads to see how a report looks.
test.each([
  ['terminating', 'not-ready', ['--family', 'ipv4']],
  ['two-ports', 'dual-stack', []],
  ['no-endpoints', 'node-port', []],
  ['node-port', 'external-policy-local', []],
  ['source-ranges', 'session-affinity', []],
  ['external-name', 'headless', []],
  ['other-proxy', 'zone-hints', []],
  ['three-pods', 'kubectl-list', []],
  ['detect-by-prefix', 'node-port-primary', ['--nodeport-addresses', 'primary']],
] as const)('from %s to %s: what differs, by Service and cause, and exit code 1', async (old, now, options) => {
  const args = ['-f', `${cases}/${now}.yaml`, '--against', `${cases}/${old}.yaml`, ...usual, ...options]
  const { exitCode, stdout, stderr } = await pointsman(['diff', ...args])
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
  await expect(stdout).toMatchFileSnapshot(`diff/${old}-to-${now}.txt`)
})

test('a state has no difference from itself', async () => {
  const file = `${cases}/dual-stack.yaml`
  expect(await pointsman(['diff', '-f', file, '--against', file])).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})

test('what two Services of the state claim is told on stderr; the state it is compared with is not judged', async () => {
  const [conflict, none] = [`${cases}/same-external-ip.yaml`, `${cases}/shared-external-ip.yaml`]
  const told = await pointsman(['diff', '-f', conflict, '--against', conflict])
  expect(told).toEqual({
    exitCode: 0,
    stdout: '',
    stderr:
      'Service shop/cart claims 198.51.100.40 TCP port 80, which Service shop/web (older) has; its rules for that address are left out\n',
  })
  expect(await pointsman(['diff', '-f', none, '--against', conflict])).toMatchObject({ exitCode: 1, stderr: '' })
})

test('an error is neither equal nor different', async () => {
  const { exitCode, stdout } = await pointsman(['diff', '-f', `${cases}/dual-stack.yaml`, '--against', 'nowhere'])
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
})

test('--output json: the same for scripts', async () => {
  const args = ['-f', `${cases}/not-ready.yaml`, '--against', `${cases}/terminating.yaml`, '--family', 'ipv4']
  const { exitCode, stdout } = await pointsman(['diff', '-o', 'json', ...args])
  expect(exitCode).toBe(1)
  await expect(stdout).toMatchFileSnapshot('diff/terminating-to-not-ready.json')
  const { stdout: text } = await pointsman(['diff', ...args])
  const report: Report = JSON.parse(stdout)
  const lines = report.groups.flatMap(({ changes }) =>
    changes.flatMap(({ document, section, removed, added }) => [
      `@@ ${document} ${section}`,
      ...removed.map((line) => `- ${line}`),
      ...added.map((line) => `+ ${line}`),
    ]),
  )
  expect(lines).toEqual(text.split('\n').filter((line) => /^[-+@]/.test(line)))
})

interface Report {
  readonly groups: readonly {
    readonly changes: readonly {
      readonly document: string
      readonly section: string
      readonly removed: readonly string[]
      readonly added: readonly string[]
    }[]
  }[]
}

test('--output json of equal states is a report without groups', async () => {
  const file = `${cases}/dual-stack.yaml`
  const { exitCode, stdout } = await pointsman(['diff', '-o', 'json', '-f', file, '--against', file])
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    apiVersion: 'pointsman/v1',
    kind: 'Diff',
    groups: [],
    summary: { new: 0, removed: 0, changed: 0, linesAdded: 0, linesRemoved: 0 },
  })
})

test('colours on a terminal, unless NO_COLOR is set', async () => {
  const command = `${process.execPath} src/main.ts diff -f ${cases}/not-ready.yaml --against ${cases}/terminating.yaml --family ipv4`
  const onTerminal = async (env: Record<string, string>) => {
    const { stdout } = await execa('script', ['--quiet', '--command', command, '/dev/null'], {
      env: { TERM: 'xterm', ...env },
      extendEnv: false,
    })
    return stdout.replaceAll('\r\n', '\n')
  }
  const colours = await onTerminal({})
  expect(colours).toContain('\u001B[31m- :KUBE-SEP-BQDHVMWANCT6EYGM - [0:0]\u001B[39m\n')
  expect(colours).toContain('\n\u001B[32m+ -A KUBE-SVC-')
  const plain = await onTerminal({ NO_COLOR: '1' })
  expect(plain).toBe(stripVTControlCharacters(colours))
  expect(plain).not.toBe(colours)
})

test.each(['nft', 'legacy'] as const)(
  'against the kernel (iptables-%s): everything, nothing, then what somebody changed',
  async (variant) => {
    await using namespace = await createNamespace()
    await namespace.run(`iptables-${variant}`, ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
    const args = ['-f', `${cases}/session-affinity.yaml`, '--family', 'ipv4']
    const diff = () => pointsman(['diff', ...args], { namespace: namespace.name })
    const empty = await diff()
    expect(empty.exitCode).toBe(1)
    expect(empty.stdout).toContain('@@ iptables-ipv4.rules nat PREROUTING\n+ -A PREROUTING ')
    expect(empty.stdout).not.toMatch(/^-/m)

    const rules = await pointsman([
      'render',
      '-f',
      `${cases}/session-affinity.yaml`,
      '--document',
      'iptables-ipv4.rules',
    ])
    await namespace.run(`iptables-${variant}-restore`, ['--noflush'], rules.stdout)
    const besides = await diff()
    const filter = ['filter INPUT', 'filter FORWARD', 'filter OUTPUT', 'filter KUBE-PROXY-CANARY']
    const nat = ['nat OUTPUT', 'nat PREROUTING', 'nat POSTROUTING', 'nat KUBE-PROXY-CANARY']
    expect(besides.stdout.match(/^@@ .*$/gm)).toEqual(
      [...filter, ...nat, 'mangle KUBE-PROXY-CANARY'].map((section) => `@@ iptables-ipv4.rules ${section}`),
    )
    expect(besides.stdout).toContain('@@ iptables-ipv4.rules mangle KUBE-PROXY-CANARY\n+ :KUBE-PROXY-CANARY - [0:0]\n')

    await namespace.run(`iptables-${variant}`, ['-t', 'nat', '-F', 'KUBE-MARK-MASQ'])
    expect((await diff()).stdout).toContain(
      '@@ iptables-ipv4.rules nat KUBE-MARK-MASQ\n+ -A KUBE-MARK-MASQ -j MARK --or-mark 0x00004000\n',
    )
  },
  60_000,
)

const port = 'YI7FANR2652WTB3A'
const endpoint = 'KUBE-SEP-RUXZFDESAK6A66H6'
const [stale, nobody] = ['KUBE-SEP-AAAAAAAAAAAAAAAA', 'KUBE-SVC-AAAAAAAAAAAAAAAA']

test.each(['nft', 'legacy'] as const)(
  'against the kernel (iptables-%s): what somebody did, each to its Service, and nothing besides',
  async (variant) => {
    await using namespace = await createNamespace()
    const iptables = (...args: readonly string[]) => namespace.run(`iptables-${variant}`, args)
    await iptables('-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT')
    const args = ['-f', `${cases}/source-ranges.yaml`, ...usual, '--family', 'ipv4']
    const { stdout: rules } = await pointsman(['render', ...args, '--document', 'iptables-ipv4.rules'])
    const [jumps = '', canary = ''] = ['jumps', 'canary'].map((name) =>
      readFileSync(`rulesets/base/iptables-${name}.rules`, 'utf8'),
    )
    for (const document of [rules, jumps, canary]) {
      await namespace.run(`iptables-${variant}-restore`, ['--noflush'], document)
    }
    const diff = () => pointsman(['diff', ...args], { namespace: namespace.name })
    expect(await diff()).toEqual({ exitCode: 0, stdout: '', stderr: '' })

    const portals = ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'comment', '--comment', 'kubernetes service portals']
    await iptables('-D', 'FORWARD', ...portals, '-j', 'KUBE-SERVICES')
    await iptables('-t', 'nat', '-I', 'KUBE-SERVICES', '-s', '203.0.113.9', '-j', 'ACCEPT')
    await iptables('-t', 'nat', '-F', `KUBE-SVC-${port}`)
    await iptables('-t', 'nat', '-D', endpoint, '1')
    await iptables('-t', 'nat', '-D', 'KUBE-NODEPORTS', '1')
    await iptables('-t', 'nat', '-N', stale)
    const translate = ['-p', 'tcp', '-j', 'DNAT', '--to-destination', '10.244.9.9:80']
    await iptables('-t', 'nat', '-A', stale, '-m', 'comment', '--comment', 'shop/api', ...translate)
    await iptables('-t', 'nat', '-N', nobody)

    const { exitCode, stdout } = await diff()
    expect(exitCode).toBe(1)
    const sentences = stdout.split('\n').filter((line) => !/^([-+@]|$)/.test(line))
    expect(sentences).toEqual([
      'Not of one Service: missing jump filter FORWARD to KUBE-SERVICES',
      `Not of one Service: stale chain nat ${nobody}`,
      'Not of one Service: a rule that is not ours stands in nat KUBE-SERVICES',
      `Service shop/api: empty chain KUBE-SVC-${port}; node port 31082 added; stale chain ${stale}; other rules differ`,
      '1 Service differs: 1 changed, and what is not of one Service; 6 lines to add, 4 to remove',
    ])
    expect(stdout.match(/^[-+] [:-](A )?\S+/gm)).toEqual([
      '+ -A FORWARD',
      '- -A KUBE-SERVICES',
      `- :${nobody}`,
      '+ -A KUBE-NODEPORTS',
      `+ -A KUBE-SVC-${port}`,
      `+ -A KUBE-SVC-${port}`,
      `+ -A KUBE-SVC-${port}`,
      `+ -A ${endpoint}`,
      `- :${stale}`,
      `- -A ${stale}`,
    ])
  },
  60_000,
)

test('against a kernel that somebody emptied: both families, every Service as new', async () => {
  await using namespace = await createNamespace()
  const args = ['-f', `${cases}/dual-stack.yaml`, ...usual]
  const { exitCode, stdout } = await pointsman(['diff', ...args], { namespace: namespace.name })
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(/^Not of one Service: nothing of ours is there \(IPv4 and IPv6\)\n@@ /)
  expect(stdout).toContain(
    '\nService shop/cart: new; cluster IPs 10.96.7.20:80, [2001:db8:96::20]:80; 4 endpoints\n@@ ',
  )
})
