import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunCommand } from '../../src/host/command.ts'

/** A flow to be put into a kernel's table as if its packets had been seen. */
export interface InjectedFlow {
  /** Protocol udp when absent. */
  readonly protocol?: 'tcp' | 'udp'
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  /** The endpoint it was translated to, `10.244.1.7:5353`; absent: not translated. */
  readonly endpoint?: string | undefined
  /** Only the first packet was seen. */
  readonly unanswered?: boolean
  readonly zone?: number | undefined
}

/** Puts all of them into the table of the namespace that `run` runs in, by one process. */
export async function injectFlows(run: RunCommand, flows: readonly InjectedFlow[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  try {
    // Not by stdin: the tool opens /dev/stdin, which fails for the socket that Node makes of it.
    const file = join(directory, 'flows')
    await writeFile(file, flows.map(line).join(''))
    await run('conntrack', ['--load-file', file])
  } finally {
    await rm(directory, { recursive: true })
  }
}

function line(flow: InjectedFlow): string {
  const { protocol = 'udp', source, sourcePort, destination, destinationPort, endpoint, unanswered, zone } = flow
  const tuple = `-s ${source} -d ${destination} --sport ${sourcePort} --dport ${destinationPort}`
  const status = unanswered === true ? 'UNSET' : 'SEEN_REPLY,ASSURED'
  const state = protocol === 'tcp' ? ' --state ESTABLISHED' : ''
  const translation = endpoint === undefined ? '' : ` --dst-nat ${endpoint}`
  const where = zone === undefined ? '' : ` --zone ${zone}`
  return `-I -p ${protocol} -t 3000 ${tuple} -u ${status}${state}${translation}${where}\n`
}
