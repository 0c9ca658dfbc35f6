/** The tables that we write to. Of mangle we have one empty chain, the canary; of raw what keeps DNS from being tracked. */
export type Table = 'filter' | 'nat' | 'mangle' | 'raw'

export const tables: readonly Table[] = ['filter', 'nat', 'mangle', 'raw']

/** One rule: `-A <chain> <spec>`, the specification being what iptables(8) calls rule-specification. */
export interface Rule {
  readonly chain: string
  readonly spec: string
}

export function appendLine(rule: Rule): string {
  return `-A ${rule.chain} ${rule.spec}`
}

/** Creates the chain, or empties it where it exists: what `:<chain>` means to iptables-restore --noflush. */
export function chainLine(chain: string): string {
  return `:${chain} - [0:0]`
}
