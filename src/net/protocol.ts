/** A transport protocol, spelled as the Kubernetes API spells it. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP'

export const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP']

/** The protocol as iptables, SRV names and chain hashes spell it, e.g. `tcp`. */
export function protocolWord(protocol: Protocol): 'tcp' | 'udp' | 'sctp' {
  switch (protocol) {
    case 'TCP':
      return 'tcp'
    case 'UDP':
      return 'udp'
    case 'SCTP':
      return 'sctp'
  }
}
