import { spawn } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { execa } from 'execa'

/** A kernel that commands can be run on: that of the host, or one that was booted for the purpose. */
export interface Machine {
  /** Runs a command to its end and returns what it printed, without the last newline; rejects when it fails. */
  exec(command: string, args: readonly string[], options?: { readonly input: string }): Promise<string>
  /** Starts a command that runs until it is killed; whoever starts it reads what it prints, or it stops when pipes are full. */
  spawn(command: string, args: readonly string[]): RunningCommand
  /** Kills a process of this machine; one that has ended is fine. */
  kill(pid: number): void
}

/** Emits `exit` with its exit code and signal, as a ChildProcess does. */
export interface RunningCommand extends EventEmitter {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Absent where its id would mean nothing on the host, or where it did not start. */
  readonly pid?: number | undefined
  /** What ended it; null while it runs, or when it ended by itself. */
  readonly signalCode: NodeJS.Signals | null
  kill(signal?: NodeJS.Signals): boolean
}

/** The kernel that we run on. */
export const hostMachine: Machine = {
  exec: async (command, args, { input } = { input: '' }) => {
    const { stdout } = await execa(command, args, { input })
    return stdout
  },
  spawn: (command, args) => spawn(command, args),
  kill: (pid) => {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  },
}
