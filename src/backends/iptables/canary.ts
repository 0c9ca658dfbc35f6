/**
 * An empty chain of ours in every table (`rulesets/base/iptables-canary.rules`). Where it is gone, somebody has flushed
 * the table.
 */
export const canaryChain = 'KUBE-PROXY-CANARY'
