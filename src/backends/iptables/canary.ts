/**
 * An empty chain of ours in every table (`rulesets/base/iptables-canary.rules`). When it is gone from the smallest, mangle,
 * somebody has flushed everything.
 */
export const canaryChain = 'KUBE-PROXY-CANARY'
