/** The two kernel interfaces that the iptables tools come for. A host uses one; rules in the other are easily missed. */
export type Variant = 'nft' | 'legacy'

export const variants: readonly Variant[] = ['nft', 'legacy']

/**
 * The variant that a host already uses, judged by what `iptables-<variant>-save` prints: the kubelet's hint chain
 * (KEP-3178), else existing service chains, else the variant with more rules, else `preferred`, the host's default.
 */
export function chooseVariant(saved: Readonly<Record<Variant, string>>, preferred: Variant): Variant {
  for (const sign of [/^:KUBE-(IPTABLES-HINT|KUBELET-CANARY) /m, /^:KUBE-SERVICES /m]) {
    if (sign.test(saved.nft)) return 'nft'
    if (sign.test(saved.legacy)) return 'legacy'
  }
  const rules = { nft: countRules(saved.nft), legacy: countRules(saved.legacy) }
  if (rules.nft === rules.legacy) return preferred
  return rules.nft > rules.legacy ? 'nft' : 'legacy'
}

function countRules(saved: string): number {
  return saved.match(/^-A /gm)?.length ?? 0
}
