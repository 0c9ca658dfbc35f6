import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeEach, expect, test } from 'vitest'
import { benchObjects } from '../../bench/cluster.ts'
import { programmed, type LogLine } from '../support/agent.ts'
import { pointsman } from '../support/command-line.ts'
import { testNode } from '../support/test-node.ts'

const cases = 'rulesets/clusters'
const usual = ['--node', 'node-1', '--cluster-cidr', '10.244.0.0/16,2001:db8:244::/48']

const node = testNode()
const { put } = node

beforeEach(async () => {
  await node.namespace.run('ip', ['link', 'set', 'lo', 'up'])
})

const start = (...args: readonly string[]) => node.start([...usual, ...args])
const diff = async () => {
  const { exitCode, stdout } = await pointsman(['diff', '-f', node.directory, ...usual], {
    namespace: node.namespace.name,
  })
  return { exitCode, stdout }
}
const ofWeb = (saved: string) => saved.split('\n').filter((line) => line.includes('shop/web:http cluster IP'))
const isConflict = (line: LogLine) => String(line['msg']).includes('198.51.100.40')
const withoutTimes = (saved: string) => saved.replaceAll(/^#.*$|\[\d+:\d+\]/gm, '')
const nothing = { exitCode: 0, stdout: '' }
const dig = async (...args: readonly string[]) => {
  const answer = await node.namespace.run('dig', ['@127.0.0.1', '-p', '5300', '+short', '+tries=1', ...args])
  return answer.trim().split('\n')
}

test('the kernel and the answers follow the files; SIGTERM leaves the rules; a restart changes nothing', async () => {
  await put('dual-stack')
  const first = start('--dns-listen', '127.0.0.1:5300')
  expect(await first.line(programmed('IPv6'))).toMatchObject({ kind: 'full' })
  expect(await diff()).toEqual(nothing)
  expect(await dig('cart.shop.svc.cluster.local')).toEqual(['10.96.7.20'])

  await put('three-pods', 'more.yaml')
  const update = await first.line(programmed('IPv4'))
  expect(update).toMatchObject({ kind: 'partial', services: 1 })
  expect(update['sinceChangeMs']).toBeGreaterThan(0)
  expect(await diff()).toEqual(nothing)
  expect(await dig('-x', '10.98.140.123')).toEqual(['http-server-demo-dev.cloudnative.svc.cluster.local.'])

  await rm(join(node.directory, 'more.yaml'))
  await first.line(programmed('IPv4'))
  expect(await diff()).toEqual(nothing)
  expect(await first.end('SIGTERM')).toBe(0)
  expect(await diff()).toEqual(nothing)

  const second = start('--no-dns')
  expect(await second.line(programmed('IPv4'))).toMatchObject({ kind: 'full', bytes: 0 })
  expect(await second.line(programmed('IPv6'))).toMatchObject({ kind: 'full', bytes: 0 })
  expect(await second.end('SIGINT')).toBe(0)
})

test('a bad object is logged and keeps its rules, while the others change', async () => {
  await put('three-pods')
  await put('node-port', 'web.yaml')
  const running = start('--no-dns')
  await running.line(programmed('IPv6'))
  const before = await node.namespace.run('iptables-save', ['-t', 'nat'])
  const good = await readFile(join(node.directory, 'web.yaml'), 'utf8')
  await writeFile(join(node.directory, 'web.yaml'), good.replace('10.96.7.21', 'nonsense'))
  await put('session-affinity', 'more.yaml')
  const { msg } = await running.line((line) => line['level'] === 'error')
  expect(msg).toBe(
    `${node.directory}/web.yaml, document 1, Service shop/web: spec.clusterIP: expected an IP address or None, got "nonsense"`,
  )
  await running.line(programmed('IPv4'))
  const after = await node.namespace.run('iptables-save', ['-t', 'nat'])
  expect(ofWeb(after)).toEqual(ofWeb(before))
  expect(after).toContain('shop/api cluster IP')
})

test('a service that claims what an older one has is warned of, and gets it when the older goes', async () => {
  const [cart, web = '', slice] = (await readFile(`${cases}/same-external-ip.yaml`, 'utf8')).split(/^---$/m)
  await writeFile(join(node.directory, 'cart.yaml'), [cart, slice].join('---'))
  await writeFile(join(node.directory, 'web.yaml'), web)
  const running = start('--no-dns')
  expect(await running.line(isConflict)).toMatchObject({
    level: 'warn',
    msg: 'Service shop/cart claims 198.51.100.40 TCP port 80, which Service shop/web (older) has; its rules for that address are left out',
  })
  await running.line(programmed('IPv6'))
  expect(await node.namespace.run('iptables-save', ['-t', 'nat'])).not.toContain('shop/cart:http external IP')
  await rm(join(node.directory, 'web.yaml'))
  expect(await running.line(isConflict)).toMatchObject({
    level: 'info',
    msg: 'Service shop/cart no longer loses 198.51.100.40 TCP port 80 to Service shop/web',
  })
  expect(await running.line(programmed('IPv4'))).toMatchObject({ kind: 'partial', services: 2 })
  expect(await node.namespace.run('iptables-save', ['-t', 'nat'])).toContain('shop/cart:http external IP')
  expect(await diff()).toEqual(nothing)
}, 20_000)

test('a rule of somebody else that leads to a chain which is to go is named once; the chain goes when it can', async () => {
  await put('three-pods')
  const running = start('--no-dns', '--iptables-sync-period', '1s')
  await running.line(programmed('IPv6'))
  // The kernel refuses to delete what a rule leads to, and with it the whole update.
  const chain = 'KUBE-SEP-I3FOTHZ2ZFHDEZEY'
  await node.namespace.run('iptables-restore', ['--noflush'], `*nat\n:MINE - [0:0]\n-A MINE -j ${chain}\nCOMMIT\n`)
  await put('two-ports')
  expect(await running.line(({ level }) => level === 'warn')).toMatchObject({
    family: 'IPv4',
    rule: `-A MINE -j ${chain}`,
  })
  expect(await running.line(programmed('IPv4'))).toMatchObject({ kind: 'full' })
  const saved = await node.namespace.run('iptables-save', ['-t', 'nat'])
  expect(saved).toContain('shop/cart:http cluster IP')
  expect(saved).toContain(`:${chain} `)
  expect(saved).not.toContain(`-A ${chain} `)
  await node.namespace.run('iptables', ['-t', 'nat', '-F', 'MINE'])
  await expect.poll(diff, { timeout: 20_000 }).toEqual(nothing)
})

test('a directory that goes and comes back is followed again; until then nothing is taken for removed', async () => {
  await put('three-pods')
  const running = start('--no-dns')
  await running.line(programmed('IPv6'))
  const before = await node.namespace.run('iptables-save', ['-t', 'nat'])
  await rename(node.directory, `${node.directory}-away`)
  const { msg } = await running.line((line) => line['level'] === 'error')
  expect(msg).toBe(`Cannot read ${node.directory}: no such file or directory`)
  expect(withoutTimes(await node.namespace.run('iptables-save', ['-t', 'nat']))).toBe(withoutTimes(before))
  await mkdir(node.directory)
  await put('two-ports')
  await running.line(programmed('IPv4'))
  await put('session-affinity', 'more.yaml')
  expect(await running.line(programmed('IPv4'))).toMatchObject({ kind: 'partial', services: 1 })
  expect(await diff()).toEqual(nothing)
  await rm(`${node.directory}-away`, { recursive: true })
}, 20_000)

test('a directory as a ConfigMap is mounted: files are links that change all at once', async () => {
  await mkdir(join(node.directory, '..one'))
  await copyFile(`${cases}/three-pods.yaml`, join(node.directory, '..one', 'cluster.yaml'))
  await symlink('..one', join(node.directory, '..data'))
  await symlink(join('..data', 'cluster.yaml'), join(node.directory, 'cluster.yaml'))
  const running = start('--no-dns')
  await running.line(programmed('IPv6'))
  await mkdir(join(node.directory, '..two'))
  await copyFile(`${cases}/two-ports.yaml`, join(node.directory, '..two', 'cluster.yaml'))
  await symlink('..two', join(node.directory, '..data_tmp'))
  await rename(join(node.directory, '..data_tmp'), join(node.directory, '..data'))
  await running.line(programmed('IPv4'))
  expect(await diff()).toEqual(nothing)
})

test('node ports follow the addresses of the node: a new one is open after the next sync', async () => {
  await put('node-port')
  await node.namespace.run('ip', ['address', 'add', '192.0.2.7/32', 'dev', 'lo'])
  const running = start('--no-dns', '--nodeport-addresses', '192.0.2.0/24')
  await running.line(programmed('IPv6'))
  const open = async () => {
    const saved = await node.namespace.run('iptables-save', ['-t', 'nat'])
    return [...saved.matchAll(/-A KUBE-SERVICES -d (\S+) .*-j KUBE-NODEPORTS/g)].map((match) => match[1])
  }
  expect(await open()).toEqual(['192.0.2.7/32'])
  await node.namespace.run('ip', ['address', 'add', '192.0.2.6/32', 'dev', 'lo'])
  await put('three-pods', 'more.yaml')
  expect(await running.line(programmed('IPv4'))).toMatchObject({ kind: 'full' })
  expect(await open()).toEqual(['192.0.2.6/32', '192.0.2.7/32'])
})

test('--dry-run prints each update and writes nothing', async () => {
  await put('three-pods')
  const running = start('--no-dns', '--dry-run')
  await running.line((line) => line['msg'] === 'would program' && line['family'] === 'IPv6')
  expect(running.printed()).toMatch(/^# iptables-ipv4\.rules\n\*filter\n[^]*# iptables-ipv6\.rules\n/)
  await put('two-ports')
  await running.line((line) => line['msg'] === 'would program' && line['family'] === 'IPv4')
  expect(running.printed()).toContain('-X KUBE-SEP-I3FOTHZ2ZFHDEZEY\n')
  expect(await node.namespace.run('iptables-save', [])).not.toContain('KUBE-')
})

test('something else that writes into the directory all the time does not hold changes back', async () => {
  await put('three-pods')
  const running = start('--no-proxy', '--dns-listen', '127.0.0.1:5300')
  await running.line((line) => line['msg'] === 'answering DNS')
  const write = `setInterval(() => fs.appendFileSync(process.argv[1], 'x'), 3)`
  const noise = spawn(process.execPath, ['-e', write, join(node.directory, 'noise.log')], { stdio: 'ignore' })
  await expect.poll(() => existsSync(join(node.directory, 'noise.log'))).toBe(true)
  try {
    await put('two-ports')
    await expect.poll(() => dig('cart.shop.svc.cluster.local'), { timeout: 5000 }).toEqual(['10.96.7.20'])
  } finally {
    noise.kill()
  }
})

test('a signal during a slow start ends it', async () => {
  const items = benchObjects(10_000, 5)
  await writeFile(join(node.directory, 'large.json'), JSON.stringify({ kind: 'List', items }))
  const running = start('--no-proxy', '--dns-listen', '127.0.0.1:5300')
  // It reads for a second after this line.
  await running.line((line) => line['msg'] === 'starting')
  expect(await running.end('SIGTERM')).toBe(0)
}, 20_000)

test('a signal while a tool is at work lets it finish, and ends with the rules whole', async () => {
  const items = benchObjects(10, 1000)
  await writeFile(join(node.directory, 'large.json'), JSON.stringify({ kind: 'List', items }))
  const running = start('--no-dns')
  await running.line((line) => line['msg'] === 'starting')
  await expect
    .poll(() => node.namespace.run('iptables-nft-save', ['-t', 'filter']), { timeout: 15_000 })
    .toContain('KUBE-SERVICES')
  expect(await running.end('SIGTERM')).toBe(0)
  // IPv6 comes after IPv4, and a stop between them leaves it for the next start.
  const { exitCode } = await pointsman(['diff', '-f', node.directory, ...usual, '--family', 'ipv4'], {
    namespace: node.namespace.name,
  })
  expect(exitCode).toBe(0)
}, 60_000)

test('a document that cannot be read at the start ends it, and the rules of the run before stay', async () => {
  await put('three-pods')
  const first = start('--no-dns')
  await first.line(programmed('IPv6'))
  await first.end('SIGTERM')
  await writeFile(join(node.directory, 'bad.yaml'), 'kind: [')
  const { exitCode, stderr } = await pointsman(['run', '-f', node.directory, '--no-dns'], {
    namespace: node.namespace.name,
  })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('bad.yaml, document 1, line ')
  expect(await node.namespace.run('iptables-save', ['-t', 'nat'])).toContain('KUBE-SVC-7MAVMYXEWSWTZO74')
})

test('stdin is read once, and the agent stays', async () => {
  const input = await readFile(`${cases}/three-pods.yaml`)
  const args = [
    'netns',
    'exec',
    node.namespace.name,
    process.execPath,
    'src/main.ts',
    'run',
    '-f',
    '-',
    '--no-dns',
    ...usual,
  ]
  const child = spawn('ip', args, { stdio: ['pipe', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  child.stdin.end(input)
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes('"family":"IPv6"')) child.kill('SIGTERM')
  }
  expect(await exited).toEqual([0, null])
})

test('--no-proxy answers DNS, writes nothing, and so has nothing to say of addresses claimed twice', async () => {
  await put('same-external-ip')
  const running = start('--no-proxy', '--dns-listen', '127.0.0.1:5300')
  await running.line((line) => line['msg'] === 'answering DNS')
  expect(await dig('cart.shop.svc.cluster.local')).toEqual(['10.96.7.20'])
  expect(await node.namespace.run('iptables-save', [])).not.toContain('KUBE-')
  // There is a line for each zone.
  const next = running.line((line) => line['msg'] !== 'answering DNS')
  expect(await running.end('SIGTERM')).toBe(0)
  expect(await next).toMatchObject({ msg: 'stopping; the rules stay' })
})

test('an address that is not the node’s ends the start with a sentence', async () => {
  await put('two-ports')
  const { exitCode, stderr } = await pointsman(
    ['run', '-f', node.directory, '--no-proxy', '--dns-listen', '192.0.2.99:53'],
    { namespace: node.namespace.name },
  )
  expect(exitCode).toBe(2)
  expect(stderr).toContain('Cannot listen for DNS on 192.0.2.99 port 53: no interface of this node has that address')
})

test.each(['nft', 'legacy'] as const)(
  'cleanup removes what run wrote with iptables-%s, and nothing else',
  async (variant) => {
    const foreign = '*nat\n:MINE - [0:0]\n-A MINE -s 10.244.0.0/16 -j ACCEPT\n-A POSTROUTING -j MINE\nCOMMIT\n'
    await node.namespace.run(`iptables-${variant}-restore`, ['--noflush'], foreign)
    const rules = async () => {
      const saved = await node.namespace.run(`iptables-${variant}-save`, [])
      return saved
        .split('\n')
        .filter((line) => line.startsWith('-A') || /^:(?!INPUT|OUTPUT|FORWARD)[A-Z-]+ -/.test(line))
    }
    const before = await rules()
    await put('session-affinity')
    const running = start('--no-dns')
    await running.line(programmed('IPv6'))
    expect((await rules()).length).toBeGreaterThan(before.length + 20)
    await running.end('SIGTERM')
    const { exitCode, stdout } = await pointsman(['cleanup'], { namespace: node.namespace.name })
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`Removed our IPv4 chains and jumps from iptables-${variant}.`)
    expect(await rules()).toEqual(before)
    expect((await pointsman(['cleanup'], { namespace: node.namespace.name })).stdout).toBe('')

    await node.namespace.run(
      `iptables-${variant}-restore`,
      ['--noflush'],
      '*nat\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n-A MINE -j KUBE-MARK-MASQ\nCOMMIT\n',
    )
    const held = await pointsman(['cleanup'], { namespace: node.namespace.name })
    expect(held.exitCode).toBe(2)
    expect(held.stderr).toContain('  nat: -A MINE -j KUBE-MARK-MASQ')
    expect((await rules()).filter((line) => line.startsWith(':KUBE'))).toEqual([':KUBE-MARK-MASQ - [0:0]'])
  },
)
