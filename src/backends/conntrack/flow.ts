import { joinHostPort, parseAddress } from '../../net/address.ts'

/** What tells whether a UDP flow that the kernel tracks is stale; both as `10.96.0.10:53` or `[2001:db8::7]:5353`. */
export interface Flow {
  /** Where its client sends to. */
  readonly destination: string
  /** Who answers: the endpoint that was chosen for it, or the destination itself where nothing was translated. */
  readonly replySource: string
}

// Between the two tuples stand counters (nf_conntrack_acct), zone-orig and [UNREPLIED]; an offloaded flow has no timeout.
const flowLine = /^udp +17 (?:\d+ )?src=\S+ dst=(\S+) sport=\d+ dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+) /

/** Reads a line of `conntrack -L -p udp -f FAMILY`; undefined for every line that is not such a flow. */
export function parseFlow(line: string): Flow | undefined {
  const [found, destination = '', port, replySource = '', replyPort] = flowLine.exec(line) ?? []
  if (found === undefined) return undefined
  return { destination: socket(destination, Number(port)), replySource: socket(replySource, Number(replyPort)) }
}

function socket(address: string, port: number): string {
  // The tool writes some IPv6 addresses with a dotted end, and IPv4 ones always as we do.
  return joinHostPort(address.includes(':') ? (parseAddress(address) ?? address) : address, port)
}
