import { beforeEach, expect, test } from 'vitest'
import { programmed } from '../support/agent.ts'
import { testNode } from '../support/test-node.ts'

const node = testNode()
const { put } = node

beforeEach(async () => {
  await node.namespace.run('ip', ['link', 'set', 'lo', 'up'])
})

const start = () => node.start(['--no-dns', '--node', 'node-1', '--cluster-cidr', '10.244.0.0/16'])
const fetchText = (path: string, port = 10249) =>
  node.namespace.run(process.execPath, [
    '-e',
    `fetch('http://127.0.0.1:${port}${path}').then(async (r) => console.log(r.status, r.headers.get('content-type'), await r.text()))`,
  ])
/** The value of one sample, e.g. `kubeproxy_…_total{table="nat",ip_family="IPv4"}`. */
const metric = async (sample: string) => {
  const line = (await fetchText('/metrics')).split('\n').find((text) => text.startsWith(`${sample} `))
  return line === undefined ? undefined : Number(line.slice(sample.length + 1))
}
const noLocal = (policy: string) =>
  metric(`kubeproxy_sync_proxy_rules_no_local_endpoints_total{traffic_policy="${policy}",ip_family="IPv4"}`)
/** Rules in chains of ours, as the kernel has them. */
const kernelRules = async (table: string) => {
  const saved = await node.namespace.run('iptables-save', ['-t', table])
  return saved.match(/^-A KUBE-/gm)?.length ?? 0
}
const expectCounted = async () => {
  for (const table of ['nat', 'filter']) {
    const total = await metric(`kubeproxy_sync_proxy_rules_iptables_total{table="${table}",ip_family="IPv4"}`)
    expect(total).toBe(await kernelRules(table))
  }
}

test('the rules that are counted are those in the kernel, before and after a change', async () => {
  await put('no-endpoints')
  const running = start()
  await running.line(programmed('IPv6'))
  await expectCounted()
  for (const name of ['external-policy-local', 'session-affinity', 'three-pods']) {
    await put(name)
    await running.line(programmed('IPv4'))
    await expectCounted()
  }
  expect(await metric('kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"}')).toBe(1)
  expect(await metric('kubeproxy_sync_partial_proxy_rules_duration_seconds_count{ip_family="IPv4"}')).toBe(3)
  // Of the last change: what three-pods has, and what went before takes no rule to write.
  expect(await metric('kubeproxy_sync_proxy_rules_iptables_last{table="nat",ip_family="IPv4"}')).toBe(11)
  expect(await fetchText('/proxyMode')).toBe('200 text/plain; charset=utf-8 iptables\n')
})

test('ports with policy Local that have no endpoint here are counted for the policy that is concerned', async () => {
  await put('internal-policy-local')
  const running = start()
  await running.line(programmed('IPv6'))
  expect([await noLocal('internal'), await noLocal('external')]).toEqual([1, 0])
  await put('three-pods')
  await running.line(programmed('IPv4'))
  expect([await noLocal('internal'), await noLocal('external')]).toEqual([0, 0])
})

test('claims that another Service has are counted', async () => {
  await put('same-external-ip')
  const running = start()
  await running.line(programmed('IPv6'))
  expect(await metric('pointsman_conflicting_claims')).toBe(1)
  await put('shared-external-ip')
  await running.line(programmed('IPv4'))
  expect(await metric('pointsman_conflicting_claims')).toBe(0)
})

test('a failed restore is counted, and as a partial one where it was', async () => {
  await put('three-pods')
  const running = start()
  await running.line(programmed('IPv6'))
  const held = '*nat\n:MINE - [0:0]\n-A MINE -j KUBE-SEP-I3FOTHZ2ZFHDEZEY\nCOMMIT\n'
  await node.namespace.run('iptables-restore', ['--noflush'], held)
  await put('two-ports')
  // The full sync that follows leaves the chain that is held.
  expect(await running.line(programmed('IPv4'))).toMatchObject({ kind: 'full' })
  const failures = 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family="IPv4"}'
  expect(await metric(failures)).toBe(1)
  expect(await metric(failures.replace('restore', 'partial_restore'))).toBe(1)
})

test(
  'an address that is taken keeps nobody from his rules, and is served when it is free',
  { timeout: 20_000 },
  async () => {
    await put('three-pods')
    const first = start()
    await first.line(programmed('IPv6'))
    const second = start()
    const { msg } = await second.line(({ level }) => level === 'warn')
    expect(msg).toMatch(/^Cannot serve HTTP at 127\.0\.0\.1 port 10249: listen EADDRINUSE/)
    await second.line(programmed('IPv6'))
    await first.end('SIGTERM')
    await expect.poll(() => fetchText('/healthz').catch(() => ''), { timeout: 10_000 }).toMatch(/^200 .*ok\n$/)
  },
)
