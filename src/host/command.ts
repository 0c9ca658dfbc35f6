import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { execa, ExecaError } from 'execa'

/** A text, or texts one after another, which are made as the tool takes them. */
type ToolInput = string | Iterable<string>

/** Runs a tool with `input` on its stdin and returns its stdout; throws a {@link CommandError} when it fails. */
export type RunCommand = (command: string, args: readonly string[], input?: ToolInput) => Promise<string>

/** The same for a tool whose exit code does not tell whether it did what it was told: returns its stderr too. */
export type RunTool = (command: string, args: readonly string[], input?: ToolInput) => Promise<ToolOutput>

interface ToolOutput {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a tool and hands over each line of its stdout, keeping none; throws as {@link RunCommand} does. */
export type RunLines = (command: string, args: readonly string[], onLine: (line: string) => void) => Promise<void>

/** A tool that is missing, failed or did not end in time. */
export class CommandError extends Error {
  /** The tool is not installed. */
  readonly missing: boolean
  /** What it printed on stderr. */
  readonly stderr: string
  /** How it ended; absent when it did not start, or a signal ended it. */
  readonly exitCode: number | undefined

  constructor(
    message: string,
    missing: boolean,
    { stderr = '', exitCode }: { readonly stderr?: string; readonly exitCode?: number | undefined } = {},
  ) {
    super(message)
    this.name = 'CommandError'
    this.missing = missing
    this.stderr = stderr
    this.exitCode = exitCode
  }
}

const timeoutSeconds = 300

const options = {
  timeout: timeoutSeconds * 1000,
  // A signal to us, or to our whole terminal, must not stop a tool half-way through the kernel's rules.
  cleanup: false,
  detached: true,
  // The parent's locale must not change what a tool prints.
  env: { LC_ALL: 'C' },
} as const

export const runCommand: RunCommand = async (command, args, input) => {
  const { stdout } = await runTool(command, args, input)
  return stdout
}

export const runTool: RunTool = async (command, args, input = '') => {
  try {
    // iptables-save of 10,000 services prints 30 MB.
    const limits = { stripFinalNewline: false, maxBuffer: 512 * 1024 * 1024 } as const
    const { stdout, stderr } = await execa(command, args, { ...options, ...limits, input: inPieces(input) })
    return { stdout, stderr }
  } catch (error) {
    if (error instanceof ExecaError) throw commandError(command, args, error)
    throw error
  }
}

export const runLines: RunLines = async (command, args, onLine) => {
  try {
    const tool = execa(command, args, { ...options, stdin: 'ignore', buffer: { stdout: false } })
    const lines = createInterface({ input: tool.stdout }).on('line', onLine)
    await Promise.all([tool, once(lines, 'close')])
  } catch (error) {
    if (error instanceof ExecaError) throw commandError(command, args, error)
    throw error
  }
}

/** Given as a whole, an input of 30 MB would be copied as a whole. */
function inPieces(input: ToolInput): string | Readable {
  if (typeof input !== 'string') return Readable.from(pieces(input))
  return input.length <= pieceLength ? input : Readable.from(pieces([input]))
}

const pieceLength = 65_536

function* pieces(texts: Iterable<string>): Iterable<string> {
  for (const text of texts) {
    for (let at = 0; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength)
  }
}

function commandError(command: string, args: readonly string[], error: ExecaError): CommandError {
  const line = [command, ...args].join(' ')
  if (error.code === 'ENOENT')
    return new CommandError(
      `Cannot run ${command}: it is not installed, or not in PATH (${process.env['PATH'] ?? ''})`,
      true,
    )
  if (error.timedOut) return new CommandError(`"${line}" did not end within ${timeoutSeconds} seconds`, false)
  const stderr = String(error.stderr ?? '')
  const said = stderr.trim().split('\n').slice(0, 3).join('; ')
  const how = error.signal === undefined ? `exit code ${error.exitCode ?? 'unknown'}` : `signal ${error.signal}`
  const message = `"${line}" failed with ${how}${said === '' ? '' : `: ${said.slice(0, 500)}`}`
  return new CommandError(message, false, { stderr, exitCode: error.exitCode })
}
