import { expect, test } from 'vitest'
import { createNamespace } from '../support/namespace.ts'
import { pointsman } from '../support/command-line.ts'

const cases = 'rulesets/clusters'

test('against another state: the chains and names that differ, and exit code 1', async () => {
  const { exitCode, stdout } = await pointsman([
    'diff',
    '-f',
    `${cases}/not-ready.yaml`,
    '--against',
    `${cases}/terminating.yaml`,
    '--family',
    'ipv4',
  ])
  expect(exitCode).toBe(1)
  expect(stdout).toBe(`@@ iptables-ipv4.rules nat KUBE-SVC-I5LIAMPLWKMBJ54B
- -A KUBE-SVC-I5LIAMPLWKMBJ54B -m comment --comment "shop/cart:http -> 10.244.1.9:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-RTCCLJPEPT224DZ3
- -A KUBE-SVC-I5LIAMPLWKMBJ54B -m comment --comment "shop/cart:http -> 10.244.2.9:8080" -j KUBE-SEP-BQDHVMWANCT6EYGM
+ -A KUBE-SVC-I5LIAMPLWKMBJ54B -m comment --comment "shop/cart:http -> 10.244.1.9:8080" -j KUBE-SEP-RTCCLJPEPT224DZ3
@@ iptables-ipv4.rules nat KUBE-SEP-BQDHVMWANCT6EYGM
- :KUBE-SEP-BQDHVMWANCT6EYGM - [0:0]
- -A KUBE-SEP-BQDHVMWANCT6EYGM -m comment --comment shop/cart:http -s 10.244.2.9 -j KUBE-MARK-MASQ
- -A KUBE-SEP-BQDHVMWANCT6EYGM -m comment --comment shop/cart:http -m tcp -p tcp -j DNAT --to-destination 10.244.2.9:8080
@@ zone.db cluster.local
+ 10-244-1-9.cart.shop.svc.cluster.local. 5 IN A 10.244.1.9
+ 10-244-1-9.cart.shop.svc.cluster.local. 5 IN SRV 0 100 8080 10-244-1-9.cart.shop.svc.cluster.local.
+ 9.1.244.10.in-addr.arpa. 5 IN PTR 10-244-1-9.cart.shop.svc.cluster.local.
`)
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
  20_000,
)
