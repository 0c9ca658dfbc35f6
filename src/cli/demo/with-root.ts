import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../host/command.ts'
import { addressOf, podCidr, type Place } from '../../host/lab/addresses.ts'
import { startAgent, type AgentProcess } from '../../host/lab/agent-process.ts'
import { createLab, type Lab } from '../../host/lab/lab.ts'
import { requireTools, type Tool } from '../../host/lab/tools.ts'
import { bootUml, type UmlMachine } from '../../host/lab/uml/uml-machine.ts'
import { optional } from '../../model/optional.ts'
import type { ModeName } from '../modes.ts'
import { print } from '../output.ts'
import { demoObjects, idle, kubeDns, pods, web } from './cluster.ts'
import { spreadLines } from './spread.ts'

const backends: readonly Place[] = ['backend1', 'backend2', 'backend3']
const connections = 300
const main = process.argv[1] ?? ''

/** Shows the agent at work on a real kernel. Everything it makes is inside its namespaces and a temporary directory. */
export async function demoWithRoot(mode: ModeName): Promise<void> {
  requireTools(toolsOf[mode])
  const machine = mode === 'ipvs' ? await ipvsMachine() : undefined
  const directory = mkdtempSync(join(tmpdir(), 'pointsman-demo-'))
  const forget = () => rmSync(directory, { recursive: true, force: true })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, forget)
  let lab: Lab | undefined
  try {
    const size = { backends: 3, families: ['IPv4'] } as const
    lab = await createLab({
      prefix: 'pointsman-demo',
      ...size,
      destroyOnSignals: true,
      ...optional('machine', machine),
    })
    await show(lab, directory, mode)
  } finally {
    await lab?.destroy()
    await machine?.[Symbol.asyncDispose]()
    forget()
  }
}

/** A kernel with IPVS, where this one has none. */
async function ipvsMachine(): Promise<UmlMachine | undefined> {
  const has = await runCommand('ipvsadm', ['-S', '-n']).catch(() => undefined)
  if (has !== undefined) return undefined
  requireTools([{ command: 'linux.uml', debianPackage: 'user-mode-linux' }])
  await say('This kernel has no IPVS, so all of this is in another one, which user-mode-linux boots:')
  return bootUml()
}

const always = [
  { command: 'ip', debianPackage: 'iproute2' },
  { command: 'iptables', debianPackage: 'iptables' },
  { command: 'dig', debianPackage: 'dnsutils' },
]

const toolsOf: Readonly<Record<ModeName, readonly Tool[]>> = {
  iptables: always,
  ipvs: [...always, { command: 'ipvsadm', debianPackage: 'ipvsadm' }, { command: 'ipset', debianPackage: 'ipset' }],
}

async function show(lab: Lab, directory: string, mode: ModeName): Promise<void> {
  await say(`A node, three backends and a client, each in a network namespace: ${lab.name}-*`)
  for (const place of backends) await lab.serve(place, { name: place, tcp: [web.targetPort] })
  await writeCluster(lab, directory, backends)
  const args = ['-f', directory, '--node', 'node-1', '--cluster-cidr', podCidr.IPv4, '--mode', mode]
  const listen = ['--dns-listen', `${addressOf('node', 'IPv4')}:${kubeDns.port}`]
  await say(`\n1. The agent starts on the node\n  $ pointsman run ${[...args, ...listen].join(' ')}`)
  const started = performance.now()
  const agent = startAgent(lab, main, [...args, ...listen])
  await sayProgrammed(agent.programmed('IPv4'), started, 'the process started')
  await (mode === 'ipvs' ? showServers(lab) : showRules(lab))
  await showSpread(lab, '3.', backends)
  await showNames(lab, '4.')
  await showRemoval(lab, agent, directory)
  await showNames(lab, '7.')
  await showRefusal(lab)
  await showEnd(lab, agent, args, mode)
}

async function showRules(lab: Lab): Promise<void> {
  const saved = await lab.exec('node', 'iptables-save', ['-t', 'nat'])
  const lines = saved.split('\n').filter((line) => line.startsWith('-A KUBE-'))
  // In the order in which a packet meets them.
  const ofWeb = ['-A KUBE-SERVICES', '-A KUBE-SVC', '-A KUBE-SEP'].flatMap((start) =>
    lines.filter((line) => line.startsWith(start) && line.includes(`"${web.namespace}/${web.name}:`)),
  )
  await say(`\n2. The kernel has ${lines.length} nat rules of ours; those of ${web.namespace}/${web.name}:`)
  await say(ofWeb.map((line) => `  ${line}`).join('\n'))
}

async function showServers(lab: Lab): Promise<void> {
  const saved = await lab.exec('node', 'ipvsadm', ['-S', '-n'])
  const lines = saved.split('\n')
  const ofWeb = lines.filter((line) => line.includes(` ${web.address}:${web.port} `))
  await say(`\n2. The kernel has ${lines.length} lines of IPVS; those of ${web.namespace}/${web.name}:`)
  await say(ofWeb.map((line) => `  ${line}`).join('\n'))
}

async function showSpread(lab: Lab, step: string, running: readonly Place[]): Promise<void> {
  const summary = await lab.connect('client', { protocol: 'tcp', ...web, count: connections })
  await say(`\n${step} ${connections} connections from the client to ${web.address}:${web.port}`)
  await say(spreadLines(summary, running).join('\n'))
}

async function showNames(lab: Lab, step: string): Promise<void> {
  await say(`\n${step} Names, asked by the client of the kube-dns service at ${kubeDns.address}`)
  const domain = 'svc.cluster.local'
  const questions = [
    [`${web.name}.${web.namespace}.${domain}`],
    [`${pods.name}.${pods.namespace}.${domain}`],
    ['-x', web.address],
  ]
  for (const question of questions) {
    const args = [`@${kubeDns.address}`, ...question, '+noall', '+answer', '+tries=1']
    const answer = await lab.exec('client', 'dig', args)
    await say(`  $ dig ${args.join(' ')}\n${indent(answer)}`)
  }
}

async function showRemoval(lab: Lab, agent: AgentProcess, directory: string): Promise<void> {
  const [, ...gone] = backends.toReversed()
  const running = gone.toReversed()
  await say(`\n5. ${backends.at(-1)} leaves the cluster`)
  const programmed = agent.programmed('IPv4')
  const written = performance.now()
  await writeCluster(lab, directory, running)
  await sayProgrammed(programmed, written, 'the file changed')
  await showSpread(lab, '6.', running)
}

async function showRefusal(lab: Lab): Promise<void> {
  const { refused, milliseconds } = await lab.connect('client', { protocol: 'tcp', ...idle, count: 1 })
  const verdict = refused === 1 ? 'refused' : 'not refused'
  await say(`\n8. ${idle.namespace}/${idle.name} has no endpoint: the client is ${verdict} after ${milliseconds} ms`)
}

async function showEnd(lab: Lab, agent: AgentProcess, args: readonly string[], mode: ModeName): Promise<void> {
  await agent.stop()
  const summary = await lab.connect('client', { protocol: 'tcp', ...web, count: 10 })
  const answered = Object.values(summary.servers).reduce((sum, count) => sum + count, 0)
  await say(`\n9. The agent has stopped, the rules stay: ${answered} of 10 connections answered`)
  await lab.exec('node', process.execPath, [main, 'diff', ...args])
  await say('  $ pointsman diff: the kernel and the cluster agree')
  await lab.exec('node', process.execPath, [main, 'cleanup'])
  const left = await countOurs(lab, mode)
  await say(`  $ pointsman cleanup: ${left} lines of ours are left`)
}

/** Rules of ours, and in IPVS mode what there is besides. */
async function countOurs(lab: Lab, mode: ModeName): Promise<number> {
  const commands: Readonly<Record<ModeName, readonly (readonly string[])[]>> = {
    iptables: [['iptables-save']],
    ipvs: [['iptables-legacy-save'], ['iptables-nft-save'], ['ipset', 'save'], ['ipvsadm', '-S', '-n']],
  }
  let count = 0
  for (const [command = '', ...args] of commands[mode]) {
    const saved = await lab.exec('node', command, args)
    count += saved.split('\n').filter((line) => /KUBE-|^-A -/.test(line)).length
  }
  return count
}

async function sayProgrammed(
  report: ReturnType<AgentProcess['programmed']>,
  since: number,
  what: string,
): Promise<void> {
  const { services, bytes, ownMs, toolMs } = await report
  const all = Math.round(performance.now() - since)
  await say(
    `  in the kernel ${all} ms after ${what}: ${services} ${services === 1 ? 'service' : 'services'}, ${bytes} bytes; ` +
      `our work ${ownMs} ms, tools ${toolMs} ms`,
  )
}

/** In one step, as a ConfigMap mount changes, and where the node sees it: another kernel has its own files. */
async function writeCluster(lab: Lab, directory: string, running: readonly Place[]): Promise<void> {
  const file = join(directory, 'cluster.json')
  const items = demoObjects(running)
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await lab.exec('node', 'tee', [`${file}.new`], { input })
  await lab.exec('node', 'mv', [`${file}.new`, file])
}

function indent(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}

function say(text: string): Promise<void> {
  return print(`${text}\n`)
}
