import type { Family } from '../net/family.ts'
import type { RestoreDocument } from '../xtables/restore-document.ts'
import { canaryChain } from '../backends/iptables/canary.ts'
import type { Table } from '../xtables/rule.ts'
import { savedForm } from '../backends/iptables/saved-rules.ts'
import { chooseVariant, type Variant } from '../backends/iptables/variant.ts'
import { CommandError, type RunCommand, type RunLines } from '../host/command.ts'

/** One family's rules in the kernel, through the tools of one variant. */
export interface IptablesTool {
  /** What `iptables-save` prints. */
  save(): Promise<string>
  /** The same line by line, keeping none. */
  saveLines(onLine: (line: string) => void): Promise<void>
  /** Gives a document to `iptables-restore --noflush`; throws {@link RestoreRefused} when it is not taken as it is. */
  restore(document: RestoreDocument): Promise<void>
  /** Whether our chain is still in every table: a tenth of a second at most, however many rules there are. */
  hasCanary(): Promise<boolean>
}

/** The tool, or the kernel, refuses what a document says: to send it again would not help. */
export class RestoreRefused extends CommandError {
  /** Numbers of the lines that the tool names, from 1. iptables-legacy may name no more than the COMMIT. */
  readonly lines: readonly number[]

  constructor(cause: CommandError, lines: readonly number[]) {
    super(cause.message, false, cause)
    this.name = 'RestoreRefused'
    this.lines = lines
  }
}

/**
 * About so many lines go well in one COMMIT. iptables-nft takes a tenth of a second for these and minutes for 200,000;
 * iptables-legacy copies the whole table at every COMMIT.
 */
export const blockLines: Readonly<Record<Variant, number>> = { nft: 2500, legacy: Number.POSITIVE_INFINITY }

/** @param streamed Absent: what the tool prints is kept whole. */
export function iptablesTool(
  run: RunCommand,
  family: Family,
  variant: Variant,
  streamed: RunLines = linesOf(run),
): IptablesTool {
  const command = toolName(family, variant)
  return {
    // Without -t: naming a table would make the legacy variant load it into a kernel that does not use it.
    save: () => run(`${command}-save`, []),
    saveLines: (onLine) => streamed(`${command}-save`, [], onLine),
    async restore(document) {
      // Waits up to 5 seconds for the xtables lock, which every tool of the legacy variant takes.
      try {
        await run(`${command}-restore`, ['-w', '5', '--noflush', '--counters'], document)
      } catch (error) {
        const lines = error instanceof CommandError ? refusedLines(error.stderr) : []
        throw error instanceof CommandError && lines.length > 0 ? new RestoreRefused(error, lines) : error
      }
    },
    async hasCanary() {
      // A firewall that loads its own rules with iptables-restore replaces only the tables that it has rules for.
      for (const table of bySize) if (!(await standsIn(run, command, table))) return false
      return true
    },
  }
}

function linesOf(run: RunCommand): RunLines {
  return async (command, args, onLine) => {
    for (const line of (await run(command, args)).split('\n')) onLine(line)
  }
}

/** One table in the form of `iptables-save`, without reading the others; with iptables-legacy the kernel gets the table if it had none. */
export async function listTable(run: RunCommand, family: Family, variant: Variant, table: Table): Promise<string> {
  return savedForm(table, await run(toolName(family, variant), ['-w', '5', '-t', table, '-S']))
}

const bySize: readonly Table[] = ['mangle', 'filter', 'nat']

async function standsIn(run: RunCommand, command: string, table: Table): Promise<boolean> {
  try {
    // Not -save, which with iptables-nft reads every table whichever it is asked for.
    await run(command, ['-w', '5', '-t', table, '-S', canaryChain])
    return true
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    // 1: no such chain. 4: the kernel or the lock is busy, which says nothing about the chain.
    if (error.exitCode === 1 || error.exitCode === 4) return error.exitCode === 4
    throw error
  }
}

/** A tool that could not get its lock, or died, names no line. */
function refusedLines(stderr: string): readonly number[] {
  return [...stderr.matchAll(/^(?:iptables-restore: |ip6tables-restore: |Error occurred at )?line:? (\d+)/gm)].map(
    ([, line]) => Number(line),
  )
}

/**
 * Which variant the host uses already. A kernel may have only one of them, so one that cannot be read is passed over; a
 * CommandError says why when that is true of both.
 */
export async function detectVariant(run: RunCommand): Promise<Variant> {
  const [nft, legacy] = [await trySave(run, 'nft'), await trySave(run, 'legacy')]
  if (nft instanceof CommandError) {
    if (legacy instanceof CommandError) throw nft.missing && !legacy.missing ? legacy : nft
    return 'legacy'
  }
  if (legacy instanceof CommandError) return 'nft'
  const version = await run('iptables', ['--version'])
  return chooseVariant({ nft, legacy }, version.includes('legacy') ? 'legacy' : 'nft')
}

function toolName(family: Family, variant: Variant): string {
  return `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`
}

async function trySave(run: RunCommand, variant: Variant): Promise<string | CommandError> {
  try {
    return await iptablesTool(run, 'IPv4', variant).save()
  } catch (error) {
    if (error instanceof CommandError) return error
    throw error
  }
}
