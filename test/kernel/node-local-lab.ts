import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { addressOf, podCidr } from '../../src/host/lab/addresses.ts'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import { runAgent, type LogLine, type RunningAgent } from '../support/agent.ts'
import { pointsman } from '../support/command-line.ts'

// Who answers is told by the address of shop/cart: the node says 10.96.7.20, the DNS pod behind the Service 10.96.9.9.

export const linkLocal = '169.254.20.10'
export const clusterIps = { IPv4: '10.96.0.10', IPv6: '2001:db8:96::a' } as const
export const cartName = 'cart.shop.svc.cluster.local'
/** What an answer says that the agent on the node gave, and one from the Service's endpoint. */
export const fromNode = ['10.96.7.20']
export const fromService = ['10.96.9.9']

/** A node, the pod that asks (backend1) and the DNS pod (backend2). */
export let lab: Lab
export let directory: string
let dnsPod: RunningAgent
let agents: RunningAgent[] = []

/** Makes the lab, and the DNS pod answer in it. */
export async function setUp(): Promise<void> {
  lab = await createLab({
    prefix: 'pointsman-test-local',
    backends: 2,
    families: ['IPv4', 'IPv6'],
    destroyOnSignals: false,
  })
  directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  await mkdir(join(directory, 'node'))
  await mkdir(join(directory, 'pod'))
  await put('pod', { cart: '10.96.9.9' })
  const listen = [addressOf('backend2', 'IPv4'), `[${addressOf('backend2', 'IPv6')}]`]
  dnsPod = runAgent({ name: lab.namespaceOf('backend2') }, [
    '-f',
    join(directory, 'pod'),
    '--no-proxy',
    '--metrics-port',
    '0',
    ...listen.flatMap((address) => ['--dns-listen', `${address}:53`]),
  ])
  await dnsPod.line((line) => line['msg'] === 'answering DNS')
  await dnsPod.line((line) => line['msg'] === 'answering DNS')
}

export async function tearDown(): Promise<void> {
  await dnsPod.end('SIGKILL')
  await lab.destroy()
  await rm(directory, { recursive: true })
}

/** What a test begins with. */
export function putUsual(): Promise<void> {
  return put('node', { cart: '10.96.7.20' })
}

/** Ends every agent of a test, and takes away what they left. */
export async function endAgents(): Promise<void> {
  for (const agent of agents) await agent.end('SIGKILL')
  agents = []
  await pointsman(['cleanup'], { namespace: lab.namespaceOf('node') })
}

/** A process of the node that has port 53 of an address for itself. */
export async function occupy(address: string): Promise<{ kill(): void }> {
  const bind = `dgram.createSocket('udp4').bind(53, '${address}', () => console.log('bound'))`
  const process = lab.spawn('node', globalThis.process.execPath, ['-e', bind])
  await once(process.stdout, 'data')
  return process
}

/** The agent on the node with the cluster state of the node. */
export function startAgent(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningAgent {
  const usual = ['-f', join(directory, 'node'), '--node', 'lab-node', '--metrics-port', '0']
  const pods = ['--cluster-cidr', `${podCidr.IPv4},${podCidr.IPv6}`]
  const agent = runAgent({ name: lab.namespaceOf('node') }, [...usual, ...pods, ...args], env)
  agents.push(agent)
  return agent
}

export function node(tool: string, args: readonly string[], input = ''): Promise<string> {
  return lab.exec('node', tool, args, { input })
}

export function command(...args: readonly string[]) {
  return pointsman(args, { namespace: lab.namespaceOf('node') })
}

/** dig takes no answer from another address than the one it has asked. */
export async function dig(
  place: 'node' | 'backend1',
  server: string,
  ...args: readonly string[]
): Promise<readonly string[]> {
  const answer = await lab.exec(place, 'dig', [`@${server}`, cartName, '+short', '+tries=1', '+time=2', ...args])
  return answer.trim().split('\n')
}

export function answering(line: LogLine): boolean {
  expect(line['level']).not.toBe('error')
  return line['msg'] === 'answering DNS on this node'
}

export function repaired(line: LogLine): boolean {
  return line['msg'] === 'somebody else changed the DNS of this node: repaired'
}

export function programmed(family: string): (line: LogLine) => boolean {
  return (line) => line['msg'] === 'programmed' && line['family'] === family
}

export async function restOf(agent: RunningAgent): Promise<readonly LogLine[]> {
  const lines: LogLine[] = []
  await agent.line((line) => lines.push(line) < 0).catch(() => undefined)
  return lines
}

/** The flows to port 53 that the node tracks. */
export async function tracked(): Promise<readonly string[]> {
  const families = await Promise.all(['ipv4', 'ipv6'].map((family) => node('conntrack', ['-L', '-f', family])))
  return families.flatMap((list) => list.split('\n')).filter((line) => line.includes('dport=53 '))
}

/** Index and name of each interface of the node, and what is on it. */
export async function links(): Promise<readonly string[]> {
  const printed = await node('ip', ['-oneline', 'link', 'show'])
  return printed.split('\n').flatMap((line) => /^\d+: [^:@]+/.exec(line)?.[0] ?? [])
}

export function isOurs(link: string): boolean {
  return link.endsWith(' pointsman-dns')
}

/** Every rule, of both kernel interfaces, as the tools print it. */
async function allRules(): Promise<readonly string[]> {
  const saved = await Promise.all(
    ['iptables-nft', 'iptables-legacy', 'ip6tables-nft', 'ip6tables-legacy'].map(async (tool) =>
      (await node(`${tool}-save`, [])).split('\n').map((line) => `${tool} ${line}`),
    ),
  )
  const tables = (await node('nft', ['list', 'ruleset']))
    .split(/^(?=table)/m)
    .map((table) => `nft ${table.trim()}`)
    .sort()
  return [...saved.flat(), ...tables.filter((table) => !/^nft table ip6? (filter|nat|mangle|raw) /.test(table))]
}

export async function ours(): Promise<readonly string[]> {
  return (await allRules()).filter((rule) => /POINTSMAN|pointsman/.test(rule)).map(withoutCounts)
}

/** What is in the kernel besides: rules, without the tables that a tool makes to look into them. */
export async function foreign(): Promise<readonly string[]> {
  const rules = (await allRules()).filter((rule) => / -A |^nft table/.test(rule)).map(withoutCounts)
  return rules.filter((rule) => !/KUBE-|POINTSMAN|pointsman/.test(rule))
}

function withoutCounts(rule: string): string {
  return rule.replaceAll(/\[\d+:\d+\]/g, '').replaceAll(/ packets \d+ bytes \d+/g, '')
}

/** A cluster with the DNS Service, whose endpoint is backend2, and shop/cart at an address that tells who answers. */
export async function put(
  side: 'node' | 'pod',
  { cart, dns = Object.values(clusterIps) }: { readonly cart: string; readonly dns?: readonly string[] },
): Promise<void> {
  const items = [
    service('kube-system', 'kube-dns', dns, dnsServicePorts),
    service('shop', 'cart', [cart], [{ name: 'http', port: 80 }]),
    ...(['IPv4', 'IPv6'] as const).map((family) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `kube-dns-${family.toLowerCase()}`,
        namespace: 'kube-system',
        labels: { 'kubernetes.io/service-name': 'kube-dns' },
      },
      addressType: family,
      ports: dnsServicePorts,
      endpoints: [{ addresses: [addressOf('backend2', family)] }],
    })),
  ]
  const file = join(directory, side, 'cluster.json')
  await writeFile(`${file}.new`, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  await rename(`${file}.new`, file)
}

export const metrics = 9153

const dnsServicePorts = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  { name: 'metrics', port: metrics, protocol: 'TCP' },
]

function service(namespace: string, name: string, ips: readonly string[], ports: readonly unknown[]) {
  const ipFamilies = ips.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'))
  const spec = { clusterIP: ips[0], clusterIPs: ips, ipFamilies, ports }
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec }
}

/** What kube-proxy's nftables mode would do: translate packets for the DNS Service. */
export const foreignTable = (['IPv4', 'IPv6'] as const)
  .map((family) => {
    const ip = family === 'IPv4' ? 'ip' : 'ip6'
    const target = family === 'IPv4' ? addressOf('backend2', family) : `[${addressOf('backend2', family)}]`
    const rules = ['udp', 'tcp'].map(
      (protocol) => `${ip} daddr ${clusterIps[family]} ${protocol} dport 53 dnat to ${target}:53`,
    )
    return `table ${ip} kube-proxy {
  chain nat-prerouting { type nat hook prerouting priority -100; ${rules.join('; ')}; }
  chain nat-output { type nat hook output priority -100; ${rules.join('; ')}; }
}
`
  })
  .join('')

/** A PATH in which neither variant of iptables works, as on a kernel that has nftables alone. */
export async function pathWithoutIptables(): Promise<string> {
  const bin = join(directory, 'bin')
  await mkdir(bin)
  for (const variant of ['nft', 'legacy']) {
    const script = '#!/bin/sh\necho "Failed to initialize: Protocol not supported" >&2\nexit 1\n'
    await writeFile(join(bin, `iptables-${variant}-save`), script, { mode: 0o755 })
  }
  return `${bin}:${process.env['PATH'] ?? ''}`
}
