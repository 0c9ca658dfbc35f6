/**
 * The whole agent, as `run` starts it, with 10,000 services and 5 endpoints each in a network namespace of its own:
 * memory, and how long one changed file takes to reach the kernel. Needs root, iproute2 and iptables.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runCommand } from '../src/host/command.ts'
import { nodeFlags } from './agent-command.ts'
import { benchObjects, benchSlice } from './cluster.ts'

const services = 10_000
const endpoints = 5
const changes = 10
const directory = mkdtempSync(join(tmpdir(), 'pointsman-bench-'))
const namespace = `pointsman-bench-${randomBytes(3).toString('hex')}`

const list = (items: readonly object[]) => JSON.stringify({ kind: 'List', apiVersion: 'v1', items })
const write = (file: string, items: readonly object[]) => {
  writeFileSync(join(directory, 'new'), list(items))
  renameSync(join(directory, 'new'), join(directory, file))
}

await runCommand('ip', ['netns', 'add', namespace])
try {
  await runCommand('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
  await bench()
} finally {
  await runCommand('ip', ['netns', 'delete', namespace])
  rmSync(directory, { recursive: true })
}

async function bench(): Promise<void> {
  // The slice that changes stands in a file of its own: reading a file again costs as much as the file is large.
  const [first, , ...rest] = benchObjects(services, endpoints)
  write('cluster.json', [first ?? {}, ...rest])
  write('changing.json', [benchSlice(0, endpoints)])
  const args = ['dist/main.js', 'run', '-v=2', '-f', directory, '--dns-listen', '127.0.0.1:5300', '--node', 'node-1']
  const started = performance.now()
  const agent = spawn('ip', ['netns', 'exec', namespace, process.execPath, ...nodeFlags, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines = createInterface({ input: agent.stderr })[Symbol.asyncIterator]()
  const programmed = async (family: string) => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done === true) throw new Error('the agent ended')
      const line: { msg: string; family: string; sinceChangeMs: number; toolMs: number } = JSON.parse(value)
      if (line.msg === 'programmed' && line.family === family) return line
    }
  }
  try {
    await programmed('IPv6')
    console.log(
      `agent: start to programmed and answering, both families: ${((performance.now() - started) / 1000).toFixed(1)} s`,
    )
    console.log(`agent: memory after the start: ${memoryOf(agent.pid)}`)
    const own: number[] = []
    const tool: number[] = []
    for (let i = 1; i <= changes; i++) {
      write('changing.json', [benchSlice(0, endpoints, i)])
      const { sinceChangeMs, toolMs } = await programmed('IPv4')
      own.push(sinceChangeMs - toolMs)
      tool.push(toolMs)
    }
    console.log(
      `agent: one file changed to kernel: ${median(own)} ms besides ${median(tool)} ms of iptables (medians of ${changes})`,
    )
    console.log(`agent: memory after ${changes} changes: ${memoryOf(agent.pid)}`)
  } finally {
    agent.kill('SIGTERM')
  }
}

function memoryOf(pid: number | undefined): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mebibytes = (field: string) =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024)
  return `${mebibytes('VmRSS')} MiB resident, ${mebibytes('VmHWM')} MiB at its highest`
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0)
}
