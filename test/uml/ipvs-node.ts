import { readFileSync } from 'node:fs'
import type { RuleDocument } from '../../src/agent/documents.ts'
import type { Lab } from '../../src/host/lab/lab.ts'

/** What `modprobe ip_vs` brings, and kube-proxy sets: see docs/rules.md. */
const settings = ['vs/conntrack', 'vs/expire_nodest_conn', 'vs/expire_quiescent_template'] as const

/** Loads what `render --mode ipvs` prints into the node of a lab that has nothing of the kind yet, as an operator would. */
export async function loadIpvs(lab: Lab, documents: readonly RuleDocument[]): Promise<void> {
  const text = new Map(documents.map((document) => [document.name, document.text]))
  const jumps = readFileSync('rulesets/base/ipvs-jumps.rules', 'utf8')
  await onNode(lab, 'ipvsadm', ['-Z'])
  await onNode(
    lab,
    'tee',
    settings.map((name) => `/proc/sys/net/ipv4/${name}`),
    '1',
  )
  await onNode(lab, 'ip', ['link', 'add', 'kube-ipvs0', 'type', 'dummy'])
  await onNode(lab, 'ip', ['-batch', '-'], text.get('ipvs.addresses'))
  await onNode(lab, 'ipset', ['restore'], text.get('ipvs.ipset'))
  for (const [tool, document] of rules) {
    await onNode(lab, `${tool}-legacy-restore`, ['--noflush'], text.get(document))
    await onNode(lab, `${tool}-legacy-restore`, ['--noflush'], jumps)
  }
  await onNode(lab, 'ipvsadm', ['-R'], text.get('ipvs.ipvsadm'))
}

/** Takes all of it away again, and whatever else of the kind the node has. */
export async function unloadIpvs(lab: Lab): Promise<void> {
  await onNode(lab, 'ipvsadm', ['-C'])
  for (const [tool] of rules) await onNode(lab, `${tool}-legacy-restore`, [], '*nat\nCOMMIT\n*filter\nCOMMIT\n')
  await onNode(lab, 'ipset', ['destroy'])
  await onNode(lab, 'ip', ['link', 'delete', 'kube-ipvs0'])
}

async function onNode(lab: Lab, command: string, args: readonly string[], input = ''): Promise<void> {
  await lab.exec('node', command, args, { input })
}

const rules = [
  ['iptables', 'ipvs-ipv4.rules'],
  ['ip6tables', 'ipvs-ipv6.rules'],
] as const
