import { parseCorefile, type Corefile } from './corefile/corefile.ts'

/**
 * What is served where no Corefile says it: the cluster's names and the addresses behind them, and nothing else. No query
 * leaves the node, no further port is opened, and other names are refused.
 *
 * @param domain The zone of the cluster: `cluster.local`.
 */
export function defaultCorefile(domain: string): Corefile {
  const text = `${domain} in-addr.arpa ip6.arpa {
    errors
    loadbalance
    kubernetes
}
`
  return parseCorefile({ name: 'default', text }, { environment: () => undefined, files: () => [] })
}
