import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pointsmanHere } from '../support/in-process.ts'
import { testNode } from '../support/test-node.ts'

const node = testNode()
const usual = ['--node', 'node-1', '--cluster-cidr', '10.244.0.0/16', '--iptables-sync-period', '1s']

const tools = ['iptables', 'ip6tables'].flatMap((tool) =>
  ['', '-nft', '-legacy'].flatMap((variant) => ['', '-save', '-restore'].map((end) => `${tool}${variant}${end}`)),
)
const others = ['conntrack', 'nfacct', 'nft', 'ipset', 'ipvsadm', 'modprobe', 'sysctl']

/** Puts a program in front of each tool that notes its name and then does its work. */
async function noteTools(): Promise<{ readonly path: string; readonly started: () => Promise<readonly string[]> }> {
  // Hidden: the agent reads its manifests from the directory above.
  const directory = join(node.directory, '.tools')
  await mkdir(directory)
  const { PATH: path = '' } = process.env
  for (const name of [...tools, ...others]) {
    const file = join(directory, name)
    await writeFile(file, `#!/bin/sh\necho "${name}" >> ${directory}/started\nPATH='${path}' exec ${name} "$@"\n`)
    await chmod(file, 0o755)
  }
  const started = async () =>
    [...new Set((await readFile(join(directory, 'started'), 'utf8')).trim().split('\n'))].sort()
  return { path: `${directory}:${path}`, started }
}

/** What an agent could leave behind in the kernel. */
async function kernelState(): Promise<readonly string[]> {
  const { run } = node.namespace
  const saves = tools.filter((tool) => /-(nft|legacy)-save$/.test(tool))
  const rules = await Promise.all(saves.map((tool) => run(tool, ['-c'])))
  return [
    ...rules.map((text) => text.replaceAll(/^#.*\n/gm, '')),
    await run('nft', ['list', 'ruleset']),
    await run('ip', ['-o', 'address']),
    await run('nfacct', ['list']).catch(() => ''),
    await run('sh', ['-c', 'cat /proc/sys/net/ipv4/conf/all/route_localnet /proc/sys/net/netfilter/nf_conntrack_*']),
  ]
}

test('--observe on a node where nothing is programmed says what is missing, and writes nothing at all', async () => {
  await node.put('node-port')
  const before = await kernelState()
  const { path, started } = await noteTools()
  const conntrack = ['--conntrack-tcp-timeout-established', '1h', '--iptables-localhost-nodeports']
  const agent = node.start([...usual, '--observe', ...conntrack], { PATH: path })
  const line = await agent.line(({ level, family }) => level === 'warn' && family === 'IPv4')
  expect(line).toMatchObject({
    family: 'IPv4',
    msg: 'the kernel differs from what would be programmed',
    services: ['shop/web'],
    says: [
      'Not of one Service: nothing of ours is there',
      'Not of one Service: a rule is missing in filter KUBE-FIREWALL',
      'Service shop/web: new; cluster IP 10.96.7.21:80; node port 31080; 2 endpoints',
    ],
    foreign: 0,
  })
  await node.put('two-ports', 'more.yaml')
  expect(await agent.line(({ services }) => Array.isArray(services) && services.includes('shop/cart'))).toMatchObject({
    level: 'warn',
    services: ['shop/cart'],
  })
  expect(await agent.end('SIGTERM')).toBe(0)
  expect(agent.printed()).toBe('')
  expect(await kernelState()).toEqual(before)
  const written = (await started()).filter((tool) => !/^(iptables|ip6tables)-(nft|legacy)-save$/.test(tool))
  // `iptables --version`, where neither variant has rules.
  expect(written).toEqual(['iptables'])
}, 240_000)

test.each([['--dry-run'], ['--no-proxy'], ['--node-local-dns'], ['--init-only']])(
  '--observe does not go with %s',
  async (flag) => {
    const { exitCode, stderr } = await pointsmanHere(['run', '-f', '/dev/null', '--observe', flag])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`--observe and ${flag}: leave one of them out`)
  },
)
