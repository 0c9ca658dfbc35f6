import { ipvsInterface } from '../backends/ipvs/documents.ts'
import { CommandError, type RunTool } from '../host/command.ts'
import { Field } from '../model/field.ts'
import type { Family } from '../net/family.ts'

/** A line that a tool, or the kernel, did not take, and what was said of it. */
export interface RefusedLine {
  readonly line: string
  readonly message: string
}

/** One family's state of IPVS mode in the kernel, but for its rules. */
export interface IpvsTool {
  /** What `ipvsadm -S -n` prints: virtual servers of both families, whoever made them. */
  saveServers(): Promise<string>
  /**
   * What `ipvsadm -L -n` prints: the same with their connections.
   *
   * @param servers Those that matter, as the tool names them: `-t 10.96.0.1:80`. Absent: all do.
   */
  listConnections(servers?: readonly string[]): Promise<string>
  /** What `ipset save` prints. */
  saveSets(): Promise<string>
  /** What `ip -j addr show` prints, of one family. */
  listAddresses(): Promise<string>
  /**
   * Gives lines to `ipvsadm -R`. Returns what it said, empty when it took them all: it goes on after a line that the kernel
   * refuses, does not tell which one that was, and ends with 0 unless it was the last. Its syntax errors end it, and are a
   * CommandError.
   */
  changeServers(lines: readonly string[]): Promise<string>
  /** Gives lines to `ipset restore`; what is there already, or gone already, is no error. Returns those that were not taken. */
  changeSets(lines: readonly string[]): Promise<readonly RefusedLine[]>
  /** Gives lines to `ip -batch`. Returns those that were not taken. */
  changeAddresses(lines: readonly string[]): Promise<readonly RefusedLine[]>
  /** Makes the interface that has the addresses, where it is missing. */
  ensureInterface(): Promise<void>
}

/** The part of it that changes nothing. */
export type IpvsReadingTool = Pick<IpvsTool, 'saveServers' | 'saveSets' | 'listAddresses'>

/** After so many refused lines of one document the rest is not tried: each costs a process. */
const maxRefusals = 50

export function ipvsTool(run: RunTool, family: Family): IpvsTool {
  const output = async (command: string, args: readonly string[]) => (await run(command, args)).stdout
  return {
    saveServers: () => output('ipvsadm', ['-S', '-n']),
    listConnections: (servers) => listConnections(run, servers),
    saveSets: () => output('ipset', ['save']),
    listAddresses: () => output('ip', [family === 'IPv4' ? '-4' : '-6', '-j', 'addr', 'show']),
    changeServers: (lines) => restoreServers(run, lines),
    changeSets: (lines) => restoreSets(run, lines),
    changeAddresses: (lines) => batchAddresses(run, family, lines),
    ensureInterface: () => addInterface(run),
  }
}

/** To list this many virtual servers one by one costs less than to list all of a larger cluster. */
const maxListings = 4

async function listConnections(run: RunTool, servers: readonly string[] | undefined): Promise<string> {
  if (servers === undefined || servers.length > maxListings) return (await run('ipvsadm', ['-L', '-n'])).stdout
  const lists: string[] = []
  for (const server of servers) lists.push(await listServer(run, server))
  return lists.join('')
}

/** Empty for one that somebody else has removed. */
async function listServer(run: RunTool, server: string): Promise<string> {
  try {
    return (await run('ipvsadm', ['-L', '-n', ...server.split(' ')])).stdout
  } catch (error) {
    if (error instanceof CommandError && /No such service/.test(error.stderr)) return ''
    throw error
  }
}

/** The exit code of ipvsadm when the kernel refuses what it was last told, in place of 2 when it does not understand it. */
const refusedLast = 255

async function restoreServers(run: RunTool, lines: readonly string[]): Promise<string> {
  try {
    return (await run('ipvsadm', ['-R'], textOf(lines))).stderr.trim()
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === refusedLast) return error.stderr.trim()
    throw error
  }
}

/** The tool stops at the first line that is refused, with the ones before it done: it is given the ones behind it. */
async function restoreSets(run: RunTool, lines: readonly string[]): Promise<readonly RefusedLine[]> {
  const refused: RefusedLine[] = []
  let left = lines
  while (left.length > 0) {
    try {
      await run('ipset', ['-exist', 'restore'], textOf(left))
      return refused
    } catch (error) {
      const at = error instanceof CommandError ? /Error in line (\d+): (.*)/.exec(error.stderr) : null
      const line = left[Number(at?.[1]) - 1]
      if (line === undefined || refused.length >= maxRefusals) throw error
      refused.push({ line, message: `ipset: ${at?.[2] ?? ''}` })
      left = left.slice(Number(at?.[1]))
    }
  }
  return refused
}

/** Told to go on, the tool names each line that failed behind the reason. */
async function batchAddresses(run: RunTool, family: Family, lines: readonly string[]): Promise<readonly RefusedLine[]> {
  try {
    await run('ip', [family === 'IPv4' ? '-4' : '-6', '-force', '-batch', '-'], textOf(lines))
    return []
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const failures = [...error.stderr.matchAll(/^(.*)\nCommand failed -:(\d+)$/gm)]
    if (failures.length === 0) throw error
    return failures.flatMap(([, message = '', number]) => {
      const line = lines[Number(number) - 1]
      return line === undefined ? [] : [{ line, message: `ip: ${message}` }]
    })
  }
}

async function addInterface(run: RunTool): Promise<void> {
  try {
    await run('ip', ['link', 'add', ipvsInterface, 'type', 'dummy'])
  } catch (error) {
    if (error instanceof CommandError && /File exists/.test(error.stderr)) return
    if (error instanceof CommandError && /(Unknown device type|not supported)/.test(error.stderr)) {
      throw new Error(
        `Cannot make the interface ${ipvsInterface}: this kernel has no dummy interfaces (module dummy), which IPVS mode needs`,
        { cause: error },
      )
    }
    throw error
  }
}

/** Deletes the interface; one of that name that is no dummy is somebody else's. */
export async function deleteIpvsInterface(run: RunTool): Promise<void> {
  const { stdout } = await run('ip', ['-j', '-d', 'link', 'show', 'dev', ipvsInterface])
  const [link] = new Field(JSON.parse(stdout)).items()
  if (link?.get('linkinfo').get('info_kind').value !== 'dummy') {
    throw new Error(`The interface ${ipvsInterface} stays: it is no dummy, so somebody else made it`)
  }
  await run('ip', ['link', 'delete', 'dev', ipvsInterface])
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
