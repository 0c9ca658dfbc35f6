import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { families, type Family } from '../../src/net/family.ts'
import { addressIn, places } from '../packets/places.ts'
import { nodePortOf, objectsOf, serviceAddress, type TableService } from '../packets/service-objects.ts'
import { nodeObject } from '../packets/settings.ts'
import type { LogLine } from '../support/agent.ts'
import { createIpvsLab, type IpvsLab, type Talk } from './ipvs-lab.ts'
import { UmlAgents } from './uml-agents.ts'

// The program itself, in a kernel that has IPVS.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 })

const talk = (...endpoints: TableService['endpoints']): TableService => ({
  name: 'talk',
  id: 4,
  endpoints,
  ports: [{ name: 'tcp', protocol: 'TCP', port: 90, targetPort: 9090 }],
})
const web = (...endpoints: TableService['endpoints']): TableService => ({ name: 'web', id: 1, endpoints })
const talkDoor = { address: serviceAddress['cluster IP']('IPv4', 4), port: 90 }

const objects = (...services: readonly TableService[]) => [nodeObject({}), ...services.flatMap(objectsOf)]

const odd: TableService = { name: 'odd', id: 9, endpoints: ['here'] }

/** One that this kernel does not have, of a Service. */
function withLackingScheduler(item: unknown): unknown {
  const parsed: unknown = JSON.parse(
    JSON.stringify(item).replace('"name":"odd"}', '"name":"odd","annotations":{"pointsman/ipvs-scheduler":"twos"}}'),
  )
  return parsed
}

/** What somebody else has made on the node. */
const foreign = ['-A -t 192.0.2.10:7777 -s wlc', '-a -t 192.0.2.10:7777 -r 10.244.9.9:80 -m -w 7']

let ipvs: IpvsLab
let agents: UmlAgents
beforeAll(async () => {
  ipvs = await createIpvsLab()
  await ipvs.unload()
  agents = new UmlAgents(ipvs)
  await agents.prepare()
  await ipvs.talkers(9090, { here: places.here, there: places.there })
  await ipvs.node('ipvsadm', ['-R'], `${foreign.join('\n')}\n`)
}, 240_000)
afterAll(async () => {
  await agents?.[Symbol.asyncDispose]()
  await ipvs?.[Symbol.asyncDispose]()
})
afterEach(() => agents.stop())

test('the mode changes without a lost connection, both ways', async () => {
  await agents.write(objects(talk('here', 'there')))
  const talks: { readonly open: Talk; readonly name: string }[] = []
  for (const mode of ['iptables', 'ipvs', 'iptables'] as const) {
    const agent = agents.start(mode)
    await agent.programmed()
    for (const { open, name } of talks) expect(await open.ask()).toBe(name)
    const open = await ipvs.talk(places.pod, talkDoor)
    talks.push({ open, name: await open.ask() })
    expect(talks.at(-1)?.name).toMatch(/^(here|there)$/)
    expect(await chains()).toBe(mode === 'iptables')
    await agent.end('SIGTERM')
  }
  // With the last connections through IPVS goes what was left of it.
  const agent = agents.start('iptables')
  for (const { open } of talks) await open.reset()
  const left = () => ipvs.node('ip', ['-o', 'link', 'show', 'type', 'dummy'])
  await expect.poll(left, { timeout: 90_000, interval: 1000 }).toBe('')
  await agent.end('SIGTERM')
  expect(await ipvs.node('ipvsadm', ['-S', '-n'])).toBe(foreign.join('\n'))
  expect(await ipvs.node('ipset', ['save'])).toBe('')
})

/** Whether rules of iptables mode translate. */
async function chains(): Promise<boolean> {
  return (await ipvs.node('iptables-legacy-save', ['-t', 'nat'])).includes(':KUBE-SEP-')
}

test('killed at random moments of churn, the next one completes what it left; a restart writes nothing', async () => {
  await agents.write(objects(web('here', 'there'), talk('here')))
  const moments = [randomInt(400), randomInt(400), randomInt(400)]
  for (const [i, moment] of moments.entries()) {
    const agent = agents.start('ipvs')
    // The first is killed during its full sync, the others during an update.
    if (i === 0) await agent.line(({ msg }) => msg === 'starting')
    else {
      await agent.programmed()
      await agents.write(objects(web(i === 1 ? 'yonder' : 'here'), talk('here', 'there')))
    }
    await delay(moment)
    await agent.end('SIGKILL')
  }
  const last = agents.start('ipvs')
  await last.programmed()
  const { stdout } = await agents.pointsman('diff')
  expect({ moments, stdout }).toEqual({ moments, stdout: '' })
  await last.end('SIGTERM')
  expect(await agents.start('ipvs').programmed()).toEqual([
    expect.objectContaining({ kind: 'full', bytes: 0 }),
    expect.objectContaining({ kind: 'full', bytes: 0 }),
  ])
  expect(await foreignServers()).toEqual(foreign)
})

test('an endpoint that goes keeps its connections, gets no more, and goes with the last of them; one that comes back while it drains is one again', async () => {
  await agents.write(objects(talk('here', 'there')))
  const agent = agents.start('ipvs')
  await agent.programmed()
  const open = await ipvs.talk(places.pod, talkDoor)
  const name = await open.ask()
  const other = name === 'here' ? 'there' : 'here'
  const target = `-r ${addressIn('IPv4', name === 'here' ? 'here' : 'there')}:9090 -m`
  const become = async (...endpoints: TableService['endpoints']) => {
    const updated = agent.programmed()
    await agents.write(objects(talk(...endpoints)))
    await updated
  }
  await become(other)
  const server = () => ipvs.node('ipvsadm', ['-S', '-n'])
  expect(await server()).toContain(`${target} -w 0`)
  expect(await open.ask()).toBe(name)
  await become('here', 'there')
  expect(await server()).not.toMatch(/ -w 0$/m)
  expect(await open.ask()).toBe(name)
  await become(other)
  for (const next of await ipvs.talks(places.pod, talkDoor, 2)) expect(await next.ask()).toBe(other)
  // A reset is forgotten after ten seconds, an orderly end after two minutes.
  await open.reset()
  await expect.poll(server, { timeout: 60_000, interval: 1000 }).not.toContain(target)
})

test('cleanup leaves nothing of ours, and everything of others; again it says nothing', async () => {
  await agents.pointsman('cleanup')
  const before = await nodeState()
  await agents.write(objects(web('here', 'there'), talk('here')))
  const agent = agents.start('ipvs')
  await agent.programmed()
  expect(await nodeState()).not.toEqual(before)
  await agent.end('SIGTERM')
  expect((await agents.pointsman('cleanup')).stdout).toContain('kube-ipvs0')
  expect(await nodeState()).toEqual(before)
  expect(await agents.pointsman('cleanup')).toEqual({ stdout: '', stderr: '', exitCode: 0 })
})

test('what the node is to have is set before the first rule, and what the kernel lacks is said', async () => {
  const settings = ['--ipvs-strict-arp', '--ipvs-tcp-timeout', '100s', '--ipvs-udp-timeout', '50s', '--init-only']
  await ipvs.node('ipvsadm', ['--set', '900', '120', '300'])
  expect(await agents.pointsman('run', ['--mode', 'ipvs', ...settings])).toMatchObject({ exitCode: 0 })
  expect(await ipvs.node('ipvsadm', ['-L', '--timeout'])).toBe('Timeout (tcp tcpfin udp): 100 120 50')
  expect(await ipvs.node('cat', ['/proc/sys/net/ipv4/conf/all/arp_ignore'])).toBe('1')
  expect(await ipvs.node('cat', ['/proc/sys/net/ipv4/vs/conntrack'])).toBe('1')
  await ipvs.machine.exec('rm', ['/usr/lib/uml/modules/6.1.176/kernel/net/netfilter/ipvs/ip_vs_sed.ko'])
  const { exitCode, stderr } = await agents.pointsman('run', [
    '--mode',
    'ipvs',
    '--ipvs-scheduler',
    'sed',
    '--init-only',
  ])
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('ip_vs_sed') })
})

test('somebody else who changes the kernel is told of, in the log and in metrics; names wait for what the kernel refuses', async () => {
  await agents.write([...objects(web('here', 'there')), ...objectsOf(odd).map(withLackingScheduler)])
  const agent = agents.start('ipvs', ['--dns-listen', '127.0.0.1:5300', '--dns-after-rules'])
  await agent.programmed()
  await ipvs.node('iptables-legacy', ['-t', 'nat', '-F', 'KUBE-POSTROUTING'])
  expect(await agent.line(isAbout('IPv4', 'somebody else changed our rules: repaired'))).toMatchObject({
    level: 'warn',
    repaired: 1,
    services: [],
    chains: ['nat KUBE-POSTROUTING'],
  })
  const [metrics = '', mode, health] = await fetchAll(['10249/metrics', '10249/proxyMode', '10256/healthz'])
  for (const line of [
    'pointsman_drift_total{ip_family="IPv4"} 1',
    'pointsman_repaired_total{ip_family="IPv4"} 1',
    'pointsman_quarantined_services{ip_family="IPv4"} 1',
  ]) {
    expect(metrics.split('\n')).toContain(line)
  }
  expect([mode, health]).toEqual(['200 ipvs', expect.stringMatching(/^200 /)])
  const dig = (name: string) =>
    ipvs.node('dig', ['@127.0.0.1', '-p', '5300', '+short', `${name}.shop.svc.cluster.local`])
  expect([await dig('web'), await dig('odd')]).toEqual([serviceAddress['cluster IP']('IPv4', 1), ''])
})

test('node ports lead to the node where they are open; --observe says that the kernel is as it would be made, and writes nothing', async () => {
  await agents.write(objects(web('here', 'there')))
  const agent = agents.start('ipvs')
  await agent.programmed()
  const door = { address: '192.0.2.10', port: nodePortOf(web(), 'http') }
  expect(await ipvs.turns('client', door, 1)).toEqual([expect.stringContaining(' sees 192.0.2.10')])
  await agent.end('SIGTERM')
  const before = await nodeState()
  const observer = agents.start('ipvs', ['--observe', '--metrics-bind-address', ''])
  for (const family of families) await observer.line(isAbout(family, 'the kernel holds what would be programmed'))
  expect(await nodeState()).toEqual(before)
  await observer.end('SIGTERM')
})

/** What the node answers itself at `<port>/<path>`: `200 ipvs`. */
async function fetchAll(paths: readonly string[]): Promise<readonly string[]> {
  const script = `
    const ask = async (path) => { const reply = await fetch('http://127.0.0.1:' + path); return reply.status + ' ' + await reply.text() }
    console.log(JSON.stringify(await Promise.all(process.argv.slice(1).map(ask))))`
  const said = await ipvs.node(process.execPath, ['--input-type=module', '-e', script, ...paths])
  const texts: readonly string[] = JSON.parse(said)
  return texts
}

function isAbout(family: Family, message: string) {
  return (line: LogLine) => line['family'] === family && line['msg'] === message
}

async function foreignServers(): Promise<readonly string[]> {
  return (await ipvs.node('ipvsadm', ['-S', '-n'])).split('\n').filter((line) => line.includes(':7777'))
}

/** What tools print of the node, without what the kernel counts. */
async function nodeState(): Promise<readonly string[]> {
  const outputs = []
  for (const [command = '', ...args] of [
    ['ipvsadm', '-S', '-n'],
    ['ipset', 'save'],
    ['iptables-legacy-save'],
    ['ip6tables-legacy-save'],
    ['ip', '-o', 'link', 'show'],
  ]) {
    const text = await ipvs.node(command, args)
    outputs.push(text.replaceAll(/\[\d+:\d+\]|^#.*$/gm, ''))
  }
  return outputs
}
