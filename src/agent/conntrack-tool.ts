import { deleteArguments, listArguments } from '../backends/conntrack/arguments.ts'
import { parseFlow, type Flow } from '../backends/conntrack/flow.ts'
import type { StaleFlows } from '../backends/conntrack/stale.ts'
import { CommandError, type RunLines } from '../host/command.ts'
import type { Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'

/** The UDP flows that the kernel tracks, through the tool of the Debian package conntrack. */
export interface ConntrackTool {
  /** Hands over every flow of a family, or of those only the ones to `destination`; keeps none. */
  list(family: Family, destination: Address | undefined, see: (flow: Flow) => void): Promise<void>
  /** Deletes these flows and returns how many there were. */
  remove(family: Family, stale: StaleFlows): Promise<number>
}

/**
 * Each call is one process and one walk over all flows of the family: the kernel can delete a flow by its tuple alone,
 * but `conntrack -D` always looks for it in a listing of its own, and so does each line that `--load-file` reads.
 */
export function conntrackTool(run: RunLines): ConntrackTool {
  return {
    list: (family, destination, see) =>
      run('conntrack', listArguments(family, destination), (line) => {
        const flow = parseFlow(line)
        if (flow !== undefined) see(flow)
      }),
    async remove(family, stale) {
      let removed = 0
      try {
        await run('conntrack', deleteArguments(family, stale), () => removed++)
      } catch (error) {
        // Nothing to delete is exit code 1 too.
        if (!(error instanceof CommandError && error.stderr.includes(' 0 flow entries '))) throw error
      }
      return removed
    },
  }
}
