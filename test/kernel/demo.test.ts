import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { runCommand } from '../../src/host/command.ts'
import { pointsman } from '../support/command-line.ts'

const leftovers = async () => [
  ...(await runCommand('ip', ['netns', 'list'])).split('\n').filter((line) => line.startsWith('pointsman-demo')),
  ...readdirSync(tmpdir()).filter((name) => name.startsWith('pointsman-demo')),
]

test('the demo shows what it promises, and leaves nothing', { timeout: 60_000 }, async () => {
  const { exitCode, stdout, stderr } = await pointsman(['demo'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/in the kernel \d+ ms after the process started/)
  expect(stdout).toMatch(/in the kernel \d+ ms after the file changed/)
  // Three backends before, two after: 300 connections each time, none lost.
  const counts = [...stdout.matchAll(/^ {2}backend\d +(\d+) /gm)].map((match) => Number(match[1]))
  expect(counts).toHaveLength(5)
  expect(counts.slice(0, 3).reduce((sum, count) => sum + count, 0)).toBe(300)
  expect(counts.slice(3).reduce((sum, count) => sum + count, 0)).toBe(300)
  expect(stdout).toMatch(/web\.shop\.svc\.cluster\.local\.\s+5\s+IN\s+A\s+10\.96\.0\.80/)
  expect(stdout.match(/web-pods\.shop\.svc\.cluster\.local\.\s+5\s+IN\s+A\s/g)).toHaveLength(3 + 2)
  expect(stdout).toMatch(/80\.0\.96\.10\.in-addr\.arpa\.\s+5\s+IN\s+PTR\s+web\.shop\.svc\.cluster\.local\./)
  expect(stdout).toContain('the client is refused after')
  expect(stdout).toContain('10 of 10 connections answered')
  expect(stdout).toContain('cleanup: 0 lines of ours are left')
  expect(await leftovers()).toEqual([])
})

test('interrupted, it removes what it made', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [resolve('src/main.ts'), 'demo'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += String(chunk)
    if (printed.includes('The kernel has')) child.kill('SIGINT')
  }
  await exited
  expect(printed).not.toContain('cleanup:')
  expect(await leftovers()).toEqual([])
})

test(
  'whoever reads its output may leave: it still removes what it made, and says nothing',
  { timeout: 60_000 },
  async () => {
    const child = spawn(process.execPath, [resolve('src/main.ts'), 'demo'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const exited = once(child, 'exit')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    expect(await text(child.stderr)).toBe('')
    expect(await exited).toEqual([141, null])
    expect(await leftovers()).toEqual([])
  },
)

test('without root it prints the rules and answers DNS on a free port', { timeout: 30_000 }, async () => {
  const command = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, resolve('src/main.ts'), 'demo']
  const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += String(chunk)
    const [, port] = /dig @127\.0\.0\.1 -p (\d+) /.exec(printed) ?? []
    if (port === undefined || child.killed) continue
    const args = ['@127.0.0.1', '-p', port, '+short', 'web.shop.svc.cluster.local']
    expect(await runCommand('dig', args)).toBe('10.96.0.80\n')
    child.kill('SIGINT')
  }
  expect(await exited).toEqual([0, null])
  expect(printed).toContain('Without root no network namespace can be made.')
  expect(printed).toContain('-A KUBE-SERVICES -m comment --comment "shop/web:http cluster IP"')
})
