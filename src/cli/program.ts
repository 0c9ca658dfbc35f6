import { Command, CommanderError } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { CommandError } from '../host/command.ts'
import { addCheckCorefile } from './check-corefile.ts'
import { addCleanup } from './cleanup.ts'
import { addDemo } from './demo/demo.ts'
import { addDiff } from './diff.ts'
import { Failure } from './failure.ts'
import { addRender } from './render.ts'
import { addResolve } from './resolve/resolve.ts'
import { addRun } from './run.ts'
import { withValues } from './setting-options.ts'

/** As a shell counts a program that SIGPIPE ended: whoever read our output left. */
const brokenPipe = 141

/** Runs one command line. Returns the exit code: 0, 1 when `diff` found a difference, 2 for everything that failed. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = new Command('pointsman')
    .description('Service rules and cluster DNS of one Kubernetes node, from one snapshot')
    .version(manifest.version)
    // The flags of kube-proxy are long: half of a usual terminal.
    .configureHelp({ minWidthToWrap: 25 })
    .exitOverride()
  for (const add of [addRun, addRender, addDiff, addResolve, addCheckCorefile, addCleanup, addDemo]) add(program)
  for (const command of program.commands) command.exitOverride()
  try {
    await program.parseAsync(withValues(args), { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    // Commander has printed its own sentence, with the nearest known option.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof Failure || error instanceof CommandError) {
      console.error(error.message)
      return error instanceof Failure ? error.exitCode : 2
    }
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return brokenPipe
    console.error(error instanceof Error ? error.message : error)
    return 2
  }
}
