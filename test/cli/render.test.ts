import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pointsman } from '../support/command-line.ts'

const file = 'rulesets/clusters/two-ports.yaml'
const usual = ['--node', 'node-1', '--cluster-cidr', '10.244.0.0/16,2001:db8:244::/48']
const golden = readFileSync('golden/two-ports/iptables-ipv4.rules', 'utf8')

test('--document prints exactly the bytes of one document', async () => {
  const { exitCode, stdout } = await pointsman(['render', '-f', file, ...usual, '--document', 'iptables-ipv4.rules'])
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: golden })
})

test('text names each document in front of it', async () => {
  const { stdout } = await pointsman(['render', '-f', file, ...usual, '--family', 'ipv4'])
  expect(stdout.startsWith(`# iptables-ipv4.rules\n${golden}# zone.db\ncluster.local. 5 IN SOA `)).toBe(true)
})

test('stdin, YAML as well as JSON', async () => {
  const yaml = readFileSync(file, 'utf8')
  const args = ['render', '-f', '-', ...usual, '--document', 'iptables-ipv4.rules']
  expect((await pointsman(args, { input: yaml })).stdout).toBe(golden)
  const list = {
    kind: 'ServiceList',
    apiVersion: 'v1',
    items: [{ kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'x' } }],
  }
  const { exitCode, stdout } = await pointsman(['render', '-f', '-', '--document', 'zone.db'], {
    input: JSON.stringify(list),
  })
  expect({ exitCode, lines: stdout.split('\n').length }).toEqual({ exitCode: 0, lines: 5 })
})

test('several files make one state, twice the same bytes', async () => {
  const args = ['render', '-f', 'rulesets/clusters/three-pods.yaml', '-f', 'rulesets/clusters/session-affinity.yaml']
  const [first, second] = [await pointsman(args), await pointsman(args)]
  expect(first.exitCode).toBe(0)
  expect(first.stdout).toContain('cloudnative/http-server-demo-dev')
  expect(first.stdout).toContain('shop/api')
  expect(second.stdout).toBe(first.stdout)
})

test('what two Services claim is told on stderr, and changes neither the output nor the exit code', async () => {
  const args = [
    'render',
    '-f',
    'rulesets/clusters/same-external-ip.yaml',
    ...usual,
    '--document',
    'iptables-ipv4.rules',
  ]
  const { exitCode, stdout, stderr } = await pointsman(args)
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: readFileSync('golden/same-external-ip/iptables-ipv4.rules', 'utf8'),
  })
  expect(stderr).toBe(
    'Service shop/cart claims 198.51.100.40 TCP port 80, which Service shop/web (older) has; its rules for that address are left out\n',
  )
})

test.each([
  {
    name: 'a bad field',
    args: ['-f', '-'],
    input:
      'kind: Node\napiVersion: v1\nmetadata: {name: n}\n---\napiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: cart}\nspec: {clusterIP: 10.0.0.1, ports: [{port: http}]}\n',
    says: 'stdin, document 2, Service shop/cart: spec.ports[0].port: expected an integer from 1 to 65535, got "http"',
  },
  {
    name: 'an object of a List',
    args: ['-f', '-'],
    input: JSON.stringify({
      kind: 'List',
      items: [{ kind: 'Service', apiVersion: 'v1', metadata: { name: 'Bad_Name' } }],
    }),
    says: 'stdin, document 1, item 1, Service default/Bad_Name: metadata.name: expected a DNS name (labels of a-z, 0-9 and - joined by dots, at most 253 characters), got "Bad_Name"',
  },
  {
    name: 'text that is not YAML',
    args: ['-f', '-'],
    input: 'kind: Service\n  name: [\n',
    says: /^stdin, document 1, line \d+, column \d+: /,
  },
  {
    name: 'the same object twice',
    args: ['-f', file, '-f', file],
    says: `${file}, document 1, Service shop/cart: metadata.name: the same object stands in ${file}, document 1; keep one of them`,
  },
  {
    name: 'a file that is not there',
    args: ['-f', 'nowhere.yaml'],
    says: 'Cannot read nowhere.yaml: no such file or directory',
  },
  {
    name: 'a kubeconfig that is not there',
    args: ['--kubeconfig', 'nowhere.yaml'],
    says: 'Cannot read kubeconfig nowhere.yaml: no such file or directory',
  },
  {
    name: 'an unknown flag',
    args: ['-f', file, '--cluster-cdir', 'x'],
    says: /unknown option '--cluster-cdir'[^]*--cluster-cidr/,
  },
  {
    name: 'a bad CIDR',
    args: ['-f', file, '--cluster-cidr', '10.0.0.0/33'],
    says: '--cluster-cidr: expected a CIDR, or one of each family joined by a comma, such as 10.244.0.0/16,2001:db8::/48, got "10.0.0.0/33"',
  },
  {
    name: 'an unknown document',
    args: ['-f', file, '--document', 'zone'],
    says: 'There is no document "zone"; there are iptables-ipv4.rules, iptables-ipv6.rules, zone.db',
  },
])('$name ends with exit code 2 and one sentence, and nothing on stdout', async ({ args, input, says }) => {
  const { exitCode, stdout, stderr } = await pointsman(['render', ...args], input === undefined ? {} : { input })
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(says)
})
