/** The servers that are measured, each with all its threads on the first core, and those that they ask. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Resolver } from 'node:dns/promises'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeFlags } from './agent-command.ts'

export interface RunningServer {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly stop: () => Promise<void>
  readonly hasEnded: () => boolean
  /** What it has written to stderr. */
  readonly messages: () => string
}

export interface Launch {
  readonly name: string
  readonly port: number
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Absent: 0. */
  readonly core?: number
}

const startMs = 60_000

/** Starts a server; resolves when it answers for `probe`. */
export async function startServer(launch: Launch, probe: string): Promise<RunningServer> {
  const server = startProcess(launch)
  try {
    await untilAnswered(launch.port, probe, server.hasEnded)
    return server
  } catch (error) {
    await server.stop()
    throw new Error(`${launch.name} gave no answer for ${probe}; it said:\n${server.messages()}`, { cause: error })
  }
}

/** Starts a server, and does not wait for it. */
export function startProcess({ name, port, command, args, env, core = 0 }: Launch): RunningServer {
  const server = spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  let messages = ''
  server.stderr.on('data', (text) => (messages += String(text)))
  const ended = once(server, 'exit')
  const hasEnded = (): boolean => server.exitCode !== null || server.signalCode !== null
  const stop = async (): Promise<void> => {
    if (hasEnded()) return
    server.kill()
    await ended
  }
  return { name, port, pid: server.pid ?? 0, stop, hasEnded, messages: () => messages }
}

/** The program from its sources, and the bundle that users run with that of its worker threads. */
export const programs = {
  sources: join(import.meta.dirname, '../src/main.ts'),
  bundle: join(import.meta.dirname, '../dist/main.js'),
  worker: join(import.meta.dirname, '../dist/dns-worker.js'),
} as const

/** The program as `run` starts it. The files are a Corefile and manifests. */
export function pointsman(
  name: string,
  port: number,
  corefile: string,
  manifests: string,
  program: string = programs.sources,
): Launch {
  const where = [
    '--corefile',
    corefile,
    '--dns-listen',
    `127.0.0.1:${port}`,
    '--metrics-bind-address',
    `127.0.0.1:${port + 1000}`,
  ]
  return {
    name,
    port,
    command: process.execPath,
    args: [...nodeFlags, program, 'run', '--no-proxy', '-f', manifests, ...where],
  }
}

/** Knot with these zones, whose files have the names of the zones. */
export function knot(name: string, port: number, folder: string, zones: readonly string[]): Launch {
  const own = join(folder, `knot-${port}`)
  mkdirSync(own)
  const lines = [
    'server:',
    `    rundir: ${own}`,
    `    listen: 127.0.0.1@${port}`,
    '    udp-workers: 1',
    '    tcp-workers: 1',
    '    background-workers: 1',
    'database:',
    `    storage: ${own}`,
    'log:',
    '  - target: stderr',
    '    any: error',
    'template:',
    '  - id: default',
    '    zonefile-sync: -1',
    '    journal-content: none',
    'zone:',
    ...zones.flatMap((zone) => [`  - domain: ${zone}`, `    file: ${join(folder, zone)}`]),
  ]
  const file = join(own, 'knot.conf')
  writeFileSync(file, lines.join('\n'))
  return { name, port, command: 'knotd', args: ['-c', file] }
}

/** CoreDNS with its plugin `file`, if the environment variable COREDNS names its program. */
export function coredns(port: number, folder: string, zones: readonly string[]): Launch | undefined {
  const command = process.env['COREDNS']
  if (command === undefined) return undefined
  const file = join(folder, 'Corefile.coredns')
  const served = zones.map((zone) => `    file ${join(folder, zone)} ${zone}\n`)
  writeFileSync(file, `.:${port} {\n    bind 127.0.0.1\n${served.join('')}}\n`)
  return { name: 'CoreDNS', port, command, args: ['-conf', file, '-quiet'], env: { GOMAXPROCS: '1' } }
}

/** Unbound, which forwards all to a port of this machine. */
export function unbound(name: string, port: number, folder: string, upstream: number, caches: boolean): Launch {
  const lines = [
    'server:',
    '  interface: 127.0.0.1',
    `  port: ${port}`,
    '  username: ""',
    '  chroot: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    '  do-daemonize: no',
    '  num-threads: 1',
    '  module-config: "iterator"',
    '  local-zone: test nodefault',
    '  do-not-query-localhost: no',
    ...(caches ? [] : ['  cache-max-ttl: 0']),
    'remote-control:',
    '  control-enable: no',
    'forward-zone:',
    '  name: "."',
    `  forward-addr: 127.0.0.1@${upstream}`,
    '',
  ]
  const file = join(folder, `unbound-${port}.conf`)
  writeFileSync(file, lines.join('\n'))
  return { name, port, command: 'unbound', args: ['-d', '-c', file] }
}

async function untilAnswered(port: number, name: string, hasEnded: () => boolean): Promise<void> {
  const resolver = new Resolver({ timeout: 200, tries: 1 })
  resolver.setServers([`127.0.0.1:${port}`])
  for (const deadline = performance.now() + startMs; ; await sleep(50)) {
    try {
      await resolver.resolve4(name)
      return
    } catch (error) {
      if (isNoData(error)) return
      if (performance.now() > deadline || hasEnded()) throw error
    }
  }
}

/** Of a server that sends the query back. */
function isNoData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENODATA'
}
