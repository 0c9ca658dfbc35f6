import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { vi } from 'vitest'
import { ServerNamespace } from '../upstream/real-servers.ts'
import { runAgent, type LogLine, type RunningAgent } from './agent.ts'

/** What the world outside the node says. */
const zone = `
$ORIGIN example.com.
$TTL 300
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
www A 198.51.100.80
api.payments CNAME gateway
gateway A 198.51.100.81
`
const reverse = `
$ORIGIN 9.in-addr.arpa.
@ 60 SOA ns root 1 3600 600 86400 60
@ 60 NS ns.example.com.
9.9.9 60 PTR dns.example.com.
`

/** A node whose agent answers DNS, at 192.0.2.10, and a resolver outside, at 192.0.2.53, which knows example.com. */
export class DnsNode implements AsyncDisposable {
  readonly here: ServerNamespace
  readonly outside: ServerNamespace
  readonly #agents: RunningAgent[] = []

  private constructor(here: ServerNamespace, outside: ServerNamespace) {
    this.here = here
    this.outside = outside
  }

  static async create(): Promise<DnsNode> {
    const node = new DnsNode(await ServerNamespace.create(), await ServerNamespace.create())
    await node.here.link(node.outside, '192.0.2.10/24', '192.0.2.53/24')
    node.here.resolvConf('nameserver 192.0.2.53\nsearch node.example\n')
    return node
  }

  /** Unbound and Knot, outside. */
  async startResolver(): Promise<void> {
    const { outside } = this
    const zones = { 'example.com': zone, '9.in-addr.arpa': reverse }
    outside.knotAt(
      '127.0.0.1@5301',
      Object.entries(zones).flatMap(([name, text]) => [
        `  - domain: ${name}`,
        `    file: ${outside.write(`${name}.zone`, text)}`,
      ]),
    )
    outside.unbound(
      5302,
      [
        'interface: 192.0.2.53@53',
        'access-control: 0.0.0.0/0 allow',
        'local-zone: "." static',
        ...Object.keys(zones).map((name) => `local-zone: ${name} transparent`),
      ],
      Object.keys(zones).flatMap((name) => ['stub-zone:', `  name: ${name}`, '  stub-addr: 127.0.0.1@5301']),
    )
    await vi.waitUntil(
      async () => (await dig(outside, '192.0.2.53', 'www.example.com')).includes('198.51.100.80'),
      20_000,
    )
  }

  /** Starts the agent with these options besides; resolves when it answers. */
  async start(...args: readonly string[]): Promise<RunningAgent> {
    const agent = this.begin(...args)
    await agent.line(saying('answering DNS'))
    return agent
  }

  /** Starts the agent, which may fail. */
  begin(...args: readonly string[]): RunningAgent {
    const corefile = ['--corefile', join(this.here.folder, 'Corefile')]
    const agent = runAgent(this.here, ['--no-proxy', '--node', 'node-1', ...corefile, ...args])
    this.#agents.push(agent)
    return agent
  }

  /** Ends every agent at once. */
  async killAgents(): Promise<void> {
    await Promise.all(this.#agents.splice(0).map((agent) => agent.end('SIGKILL')))
  }

  /** Puts a file in the place of the one before, in one step; returns its path. */
  async write(name: string, text: string): Promise<string> {
    const file = join(this.here.folder, name)
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
    return file
  }

  /** The status and the text that a URL gives; `refused` when nobody listens. */
  async get(url: string): Promise<string> {
    const program = `fetch('http://${url}').then(async r => console.log(r.status, await r.text()), () => console.log('refused'))`
    return (await this.here.run(process.execPath, '-e', program)).trim()
  }

  dig(...question: readonly string[]): Promise<string> {
    return dig(this.here, '192.0.2.10', ...question)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAgents()
    await this.here[Symbol.asyncDispose]()
    await this.outside[Symbol.asyncDispose]()
  }
}

/** Rcode, flags and records as dig reads them, in lines. */
export async function dig(from: ServerNamespace, server: string, ...question: readonly string[]): Promise<string> {
  const text = await from
    .run('dig', `@${server}`, '+tries=1', '+time=6', '+nocookie', ...question)
    .catch((error: Error) => error.message)
  const status = /status: (\w+)/.exec(text)?.[1] ?? 'no answer'
  const flags = /flags: ([^;]*);/.exec(text)?.[1] ?? ''
  const records = text.split('\n').filter((line) => line !== '' && !line.startsWith(';'))
  return [`${status} ${flags}`, ...records.map((line) => line.replaceAll(/\s+/g, ' '))].join('\n')
}

/** Matches a line of the agent's log by a part of its sentence. */
export function saying(text: string): (line: LogLine) => boolean {
  return (line) => String(line['msg']).includes(text)
}
