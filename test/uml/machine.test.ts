import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandError } from '../../src/host/command.ts'
import { bootUml, type UmlMachine } from '../../src/host/lab/uml/uml-machine.ts'
import { requireUmlTools } from './requirements.ts'

let machine: UmlMachine
beforeAll(async () => {
  requireUmlTools()
  machine = await bootUml()
}, 90_000)
afterAll(() => machine?.[Symbol.asyncDispose]())

test('is a kernel of its own that has what IPVS mode needs', async () => {
  expect(await machine.exec('uname', ['-r'])).not.toBe(readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim())
  await machine.exec('ip', ['link', 'add', 'kube-ipvs0', 'type', 'dummy'])
  await machine.exec('ipset', ['create', 'some', 'hash:ip,port'])
  const document = '-A -t 10.96.0.1:80 -s mh -b mh-port\n-a -t 10.96.0.1:80 -r 10.244.0.1:80 -m -w 1\n'
  await machine.run('ipvsadm', ['-R'], document)
  expect(await machine.run('ipvsadm', ['-S', '-n'])).toBe(document)
})

test('takes and gives text of any length and alphabet', async () => {
  // More than its terminal holds, which never recovers from having been full.
  const long = 'ä\u2028😀\n'.repeat(8000)
  expect(await machine.run('cat', [], long)).toBe(long)
  const [first, second] = await Promise.all([machine.run('cat', [], long), machine.run('cat', [], 'other')])
  expect([first === long, second]).toEqual([true, 'other'])
})

test('tells how a command failed', async () => {
  const error = await machine.run('ipvsadm', ['-D', '-t', '192.0.2.1:80']).catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(CommandError)
  expect(error).toMatchObject({ exitCode: 255, stderr: 'No such service\n', missing: false })
  await expect(machine.run('no-such-tool', [])).rejects.toMatchObject({ missing: true })
})

test('runs commands until they are killed', async () => {
  const child = machine.spawn('cat', [])
  child.stdin.write('said\n')
  expect(String((await once(child.stdout, 'data'))[0])).toBe('said\n')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
  expect(child.signalCode).toBe('SIGTERM')
})

test('sees the files of the host, and changes none', async () => {
  const file = join(process.cwd(), `guest-${process.pid}`)
  await machine.exec('tee', [file], { input: 'x' })
  expect(await machine.exec('cat', [file])).toBe('x')
  expect(existsSync(file)).toBe(false)
})

test('ends what runs in it when its time is over', { timeout: 120_000 }, async () => {
  const before = kernelsOf(process.pid)
  const short = await bootUml({ seconds: 2 })
  await expect(short.exec('sleep', ['1000'])).rejects.toThrow('The guest ended while it ran "sleep 1000"')
  await expect(short.exec('true', [])).rejects.toThrow('The guest ended')
  await short[Symbol.asyncDispose]()
  expect(kernelsOf(process.pid)).toEqual(before)
})

test('dies with its owner, also one that was killed', { timeout: 120_000 }, async () => {
  const file = join(import.meta.dirname, 'uml-owner.ts')
  const owner = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(owner.stdout, 'data')
  expect(kernelsOf(owner.pid).length).toBeGreaterThan(1)
  owner.kill('SIGKILL')
  await expect.poll(() => kernelsOf(owner.pid), { timeout: 20_000 }).toEqual([])
})

/** What there is of kernels that a process booted: their directories, and the processes whose arguments name them. */
function kernelsOf(owner = 0): readonly string[] {
  const name = `pointsman-uml-${owner}-`
  const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && argumentsOf(pid).includes(`umid=${name}`))
  return [...readdirSync(tmpdir()).filter((file) => file.startsWith(name)), ...processes]
}

/** Nothing for one that has ended. */
function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
