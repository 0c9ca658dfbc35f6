import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { header } from '../config/support.ts'
import { pointsmanHere as pointsman } from '../support/in-process.ts'

const cluster = 'rulesets/clusters/bind-address.yaml'

let directory: string
let config: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  config = join(directory, 'kube-proxy.yaml')
})
afterEach(() => rm(directory, { recursive: true }))

/** The IPv4 rules with this file and these flags. */
async function rules(text: string, ...flags: readonly string[]): Promise<string> {
  await writeFile(config, header + text)
  const args = ['render', '-f', cluster, '--document', 'iptables-ipv4.rules', '--config', config, ...flags]
  const { exitCode, stdout, stderr } = await pointsman(args)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout
}

describe('what a file says is rendered, and a flag wins over it', () => {
  test.each<[string, string, string, readonly string[], string]>([
    [
      'masqueradeBit',
      'iptables: {masqueradeBit: 3}',
      '--or-mark 0x00000008',
      ['--iptables-masquerade-bit=4'],
      '--or-mark 0x00000010',
    ],
    [
      'clusterCIDR',
      'clusterCIDR: 10.9.0.0/16',
      '! -s 10.9.0.0/16 -j KUBE-MARK-MASQ',
      ['--cluster-cidr', '10.8.0.0/16'],
      '! -s 10.8.0.0/16 -j KUBE-MARK-MASQ',
    ],
    [
      'detectLocal',
      'detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: cali}',
      '! -i cali+ -j KUBE-MARK-MASQ',
      ['--pod-interface-name-prefix=azv'],
      '! -i azv+ -j KUBE-MARK-MASQ',
    ],
    [
      'nodePortAddresses',
      'hostnameOverride: node-1\nnodePortAddresses: [primary]',
      '-d 192.0.2.7 -j KUBE-NODEPORTS',
      ['--nodeport-addresses', ''],
      '-m addrtype --dst-type LOCAL',
    ],
    [
      'bindAddress',
      'bindAddress: 198.51.100.7\nnodePortAddresses: [primary]',
      '-d 198.51.100.7 -j KUBE-NODEPORTS',
      ['--bind-address', '198.51.100.8'],
      '-d 198.51.100.8 -j KUBE-NODEPORTS',
    ],
    [
      'hostnameOverride',
      'hostnameOverride: Node-1\nnodePortAddresses: [primary]\nbindAddress: 0.0.0.0',
      '-d 192.0.2.7 -j KUBE-NODEPORTS',
      ['--node', 'other', '--bind-address', '192.0.2.8'],
      '-d 192.0.2.8 -j KUBE-NODEPORTS',
    ],
  ])('%s', async (_, text, fromFile, flags, fromFlag) => {
    const [without, withFlags] = [await rules(text), await rules(text, ...flags)]
    expect(without).toContain(fromFile)
    expect(without).not.toContain(fromFlag)
    expect(withFlags).toContain(fromFlag)
    expect(withFlags).not.toContain(fromFile)
  })

  test('masqueradeAll, whose flag may stand alone, or say no', async () => {
    const all = '--dport 80 -j KUBE-MARK-MASQ'
    expect(await rules('')).not.toContain(all)
    expect(await rules('', '--masquerade-all')).toContain(all)
    expect(await rules('iptables: {masqueradeAll: true}')).toContain(all)
    expect(await rules('iptables: {masqueradeAll: true}', '--masquerade-all=false')).not.toContain(all)
  })

  test('kubeadm writes no name for the node, and none is taken from it', async () => {
    const args = [
      'render',
      '-f',
      cluster,
      '--document',
      'iptables-ipv4.rules',
      '--node',
      'node-1',
      '--nodeport-addresses',
      'primary',
    ]
    const { stdout, stderr } = await pointsman([...args, '--config', 'test/config/fixtures/kubeadm.configmap.yaml'])
    expect(stderr).toBe('')
    expect(stdout).toContain('-d 192.0.2.7 -j KUBE-NODEPORTS')
    expect(stdout).toContain('! -s 10.244.0.0/16 -j KUBE-MARK-MASQ')
  })
})

test('diff compares by the same settings', async () => {
  await writeFile(config, `${header}iptables: {masqueradeBit: 3}\n`)
  const args = ['diff', '-f', cluster, '--against', cluster, '--config', config]
  expect(await pointsman(args)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  expect((await pointsman([...args, '--iptables-masquerade-bit=99'])).exitCode).toBe(2)
})

test('every problem of the file and of the flags is told, and nothing is done', async () => {
  await writeFile(config, `${header}iptables:\n  masqueradeBit: 32\n  masqueradAll: true\n`)
  for (const command of [
    ['render'],
    ['diff', '--against', cluster],
    ['resolve', 'cart'],
    ['run', '--no-proxy', '--no-dns'],
  ]) {
    const { exitCode, stdout, stderr } = await pointsman([
      ...command,
      '-f',
      cluster,
      '--config',
      config,
      '--oom-score-adj',
      '2000',
    ])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toBe(
      [
        `${config}, line 4, column 3: iptables.masqueradeBit: expected an integer from 0 to 31, got 32`,
        `${config}, line 5, column 3: iptables.masqueradAll: unknown field; did you mean masqueradeAll?`,
        '--oom-score-adj: expected an integer from -1000 to 1000, got 2000\n',
      ].join('\n'),
    )
  }
})

test.each([
  [['--config', 'nowhere.yaml'], 'Cannot read nowhere.yaml: no such file or directory'],
  [['--config', '/dev/zero'], 'Cannot read /dev/zero: it has more than 1572864 bytes'],
  [['--config', 'test'], 'Cannot read test: it is a directory'],
  [
    ['--detect-local-mode=BridgeInterface'],
    'detectLocalMode BridgeInterface needs detectLocal.bridgeInterface (--pod-bridge-interface)',
  ],
  [['--proxy-mode', 'nftables'], '--proxy-mode: expected one of iptables, ipvs, got "nftables"'],
  [['--node', 'a', '--hostname-override', 'b'], '--hostname-override b: --node a says otherwise; keep one of them'],
  [
    ['--kubeconfig=/var/lib/kube-proxy/config'],
    '-f and --kubeconfig name two sources of the cluster state; keep one of them',
  ],
  [['--master', 'https://192.0.2.1:6443'], '-f and --master name two sources of the cluster state; keep one of them'],
  [['--context=blue'], '-f and --context name two sources of the cluster state; keep one of them'],
  [['--cleanup'], '--cleanup: expected the command cleanup in its place'],
  [['--conntrack-tcp-be-liberel'], /unknown option '--conntrack-tcp-be-liberel'[^]*--conntrack-tcp-be-liberal/],
  [['--masquerade-all', 'true'], /too many arguments/],
])('%j is refused', async (args, says) => {
  const { exitCode, stderr } = await pointsman(['run', '-f', cluster, '--no-proxy', '--no-dns', ...args])
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(says)
})

test('the flags of an old kube-proxy DaemonSet are taken as they are written there', async () => {
  const flags =
    '--conntrack-max-per-core=0 --metrics-bind-address=0.0.0.0:10249 --cluster-cidr=10.251.0.0/16 --detect-local-mode=ClusterCIDR ' +
    '--pod-interface-name-prefix= --v=3 -v 4 -v=2 --config= --kubeconfig= ' +
    '--feature-gates=A=true,B=false --profiling --cleanup=false'
  const args = ['render', '-f', cluster, '--document', 'iptables-ipv4.rules', ...flags.split(' ')]
  const { exitCode, stdout } = await pointsman(args)
  expect(exitCode).toBe(0)
  expect(stdout).toContain('! -s 10.251.0.0/16 -j KUBE-MARK-MASQ')
})

test('a flag that stands alone takes no word after it', async () => {
  const { stdout } = await pointsman([
    'resolve',
    '-f',
    'rulesets/clusters/two-ports.yaml',
    '--masquerade-all',
    'cart.shop.svc.cluster.local',
    'A',
  ])
  expect(stdout).toContain('cart.shop.svc.cluster.local. A NOERROR')
})

test('the help has what counts first, and each flag of kube-proxy once', async () => {
  const { stdout } = await pointsman(['run', '--help'])
  expect(stdout.match(/^[A-Z].*:$/gm)).toEqual([
    'Cluster:',
    'Rules, with the flags of kube-proxy:',
    'This node, with the flags of kube-proxy:',
    'Options:',
    'Taken and checked, without effect:',
  ])
  const flags = stdout.match(/(?<=[ ,])--?[a-z][a-z-]*(?= )/g) ?? []
  expect(flags.length).toBeGreaterThan(60)
  expect((await pointsman(['render', '--help'])).stdout).not.toContain('--conntrack')
})
