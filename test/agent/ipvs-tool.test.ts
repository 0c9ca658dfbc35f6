import { expect, test } from 'vitest'
import { ipvsTool } from '../../src/agent/ipvs-tool.ts'
import { parseSavedAddresses } from '../../src/backends/ipvs/saved-addresses.ts'
import { parseSavedSets } from '../../src/backends/ipvs/saved-sets.ts'
import { CommandError, runTool, type RunTool } from '../../src/host/command.ts'
import { createNamespace } from '../support/namespace.ts'

// Of the tools of IPVS mode, those that any kernel has something for; ipvsadm is asked in test/uml.

const create = (set: string) => `create ${set} hash:ip,port family inet hashsize 1024 maxelem 2`

test('ipset: what is refused is named, all else is done; what is there or gone already is no error', async () => {
  await using namespace = await createNamespace()
  const tool = ipvsTool(inside(namespace.name), 'IPv4')
  const refused = await tool.changeSets([
    create('KUBE-CLUSTER-IP'),
    'add KUBE-CLUSTER-IP 10.96.0.1,tcp:80',
    'add KUBE-CLUSTER-IP 10.96.0.1,tcp:80',
    'del KUBE-CLUSTER-IP 10.96.0.9,tcp:80',
    'add KUBE-CLUSTER-IP nonsense,tcp:80',
    'add KUBE-CLUSTER-IP 10.96.0.2,tcp:80',
    'add KUBE-CLUSTER-IP 10.96.0.3,tcp:80',
    create('KUBE-EXTERNAL-IP'),
  ])
  expect(refused.map(({ line }) => line)).toEqual([
    'add KUBE-CLUSTER-IP nonsense,tcp:80',
    'add KUBE-CLUSTER-IP 10.96.0.3,tcp:80',
  ])
  expect(refused[1]?.message).toBe('ipset: Hash is full, cannot add more elements')
  expect(parseSavedSets(await tool.saveSets(), 'IPv4')).toEqual(
    new Map([
      ['KUBE-CLUSTER-IP', new Set(['10.96.0.1,tcp:80', '10.96.0.2,tcp:80'])],
      ['KUBE-EXTERNAL-IP', new Set()],
    ]),
  )
})

test('ip: what is refused is named, all else is done', async () => {
  await using namespace = await createNamespace()
  const tool = ipvsTool(inside(namespace.name), 'IPv6')
  // A bridge carries addresses as a dummy interface does, which not every kernel has.
  await namespace.run('ip', ['link', 'add', 'kube-ipvs0', 'type', 'bridge'])
  const refused = await tool.changeAddresses([
    'addr add 2001:db8::1/128 dev kube-ipvs0',
    'addr add 2001:db8::1/128 dev kube-ipvs0',
    'addr del 2001:db8::9/128 dev kube-ipvs0',
    'addr add 2001:db8::2/128 dev kube-ipvs0',
  ])
  expect(refused.map(({ line }) => line)).toEqual([
    'addr add 2001:db8::1/128 dev kube-ipvs0',
    'addr del 2001:db8::9/128 dev kube-ipvs0',
  ])
  const { bound } = parseSavedAddresses(await tool.listAddresses(), 'IPv6')
  expect(bound).toEqual(new Set(['2001:db8::1', '2001:db8::2']))
})

const broken: RunTool = async () => {
  throw new CommandError('"ipset -exist restore" failed', false, { stderr: 'Cannot open session to kernel.\n' })
}

test('a tool that cannot work at all fails as a whole', async () => {
  await expect(ipvsTool(broken, 'IPv4').changeSets([create('A')])).rejects.toThrow(CommandError)
  await expect(ipvsTool(broken, 'IPv4').changeAddresses(['addr add'])).rejects.toThrow(CommandError)
})

function inside(name: string): RunTool {
  return (command, args, input) => runTool('ip', ['netns', 'exec', name, command, ...args], input)
}
