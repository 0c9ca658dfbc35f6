/**
 * The Corefile that kubeadm writes, without `health` and `ready`, whose ports are taken when it is served twice.
 *
 * @param more Lines of further plugins.
 * @param pods How `kubernetes` answers for pods.
 */
export function kubeadmCorefile(more: readonly string[], pods = 'insecure', upstream = '192.0.2.53'): string {
  return `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods ${pods}
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    ${more.join('\n    ')}
    forward . ${upstream} {
        max_concurrent 1000
    }
    cache 30 {
        disable success cluster.local
        disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`
}
