import { expect, test } from 'vitest'
import { pino } from 'pino'
import { ensureKernelFacts, readKernelFacts } from '../../src/agent/kernel-facts.ts'
import { CommandError, type RunCommand } from '../../src/host/command.ts'

// Not the real tool: one that is not installed, or whose kernel lacks the objects, cannot be had beside one that works.
const missing = new CommandError('Cannot run nfacct: it is not installed, or not in PATH (/bin)', true)
const refused = new CommandError('"nfacct list" failed with exit code 1: Operation not supported', false)

/** A kernel with these counters that makes any other, or answers everything with an error. */
function kernelWith(counters: readonly string[] | CommandError): RunCommand {
  const present = new Set(counters instanceof CommandError ? [] : counters)
  return async (_, [verb = '', name = '']) => {
    if (counters instanceof CommandError) throw counters
    if (verb === 'add') present.add(name)
    return [...present]
      .map((counter) => `{ pkts = 00000000000000000012, bytes = 00000000000000000720 } = ${counter};\n`)
      .join('')
  }
}

/** What the log was told. */
async function ensured(run: RunCommand) {
  const lines: string[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) })
  const { counters } = await ensureKernelFacts(run, log)
  return { counters, lines }
}

const both = ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts']

test.each([
  { name: 'none', present: [], want: [] },
  { name: 'one, and one of somebody else', present: ['other', both[1] ?? ''], want: [both[1]] },
  { name: 'both', present: both, want: both },
])('$name of the counters there: run makes the others, diff makes none', async ({ present, want }) => {
  expect((await readKernelFacts(kernelWith(present))).counters).toEqual(want)
  expect(await ensured(kernelWith(present))).toEqual({ counters: both, lines: [] })
})

test.each([missing, refused])('without them rules count nothing, and that is said once: $message', async (error) => {
  expect((await readKernelFacts(kernelWith(error))).counters).toEqual([])
  expect(await ensured(kernelWith(error))).toEqual({
    counters: [],
    lines: [`${JSON.stringify({ level: 30, msg: `Rules count no packets: ${error.message}` })}\n`],
  })
})
