import { isPortChain } from '../chain-name.ts'
import type { ServiceFragment } from '../fragment.ts'
import type { OwnedChain } from '../owned-rules.ts'
import { tables, type Table } from '../../../xtables/rule.ts'
import { serviceOf } from './service-comment.ts'
import { parseServiceRule, targetOf, type ServiceRule } from './service-rule.ts'

/**
 * One side of a comparison in one family: its rules, and which Service each belongs to. The rules say it themselves, so
 * it holds for a kernel as for a state. Nothing is read before somebody asks, since most comparisons find no difference.
 */
export class RuleSide {
  readonly #chains: readonly OwnedChain[]
  readonly #fragments: ReadonlyMap<string, ServiceFragment> | undefined
  readonly #found = new Map<string, string | undefined>()
  #owners: ReadonlyMap<string, string> | undefined
  #byName: ReadonlyMap<Table, ReadonlyMap<string, OwnedChain>> | undefined
  #shared: ReadonlyMap<string, readonly ServiceRule[]> | undefined
  #dispatched: ReadonlyMap<string, string> | undefined
  #leaders: ReadonlyMap<string, string> | undefined

  /** @param fragments What the chains were compiled to, by Service; absent for a kernel, which holds only rules. */
  constructor(chains: readonly OwnedChain[], fragments?: ReadonlyMap<string, ServiceFragment>) {
    this.#chains = chains
    this.#fragments = fragments
  }

  /** Whether it was read from a kernel, where anything may stand. */
  get isKernel(): boolean {
    return this.#fragments === undefined
  }

  get hasOwnChains(): boolean {
    return this.#chains.some(({ whole }) => whole)
  }

  /** Undefined when there is no such chain. */
  chain(table: Table, chain: string): OwnedChain | undefined {
    this.#byName ??= new Map(tables.map((each) => [each, indexChains(this.#chains, each)]))
    return this.#byName.get(table)?.get(chain)
  }

  /** The rules of a chain, without `-A <chain>`; undefined when there is no such chain. */
  specs(table: Table, chain: string): readonly string[] | undefined {
    return this.chain(table, chain)?.specs
  }

  /** The rules of a port's chain that have a form of ours. */
  rules(chain: string): readonly ServiceRule[] {
    return (this.specs('nat', chain) ?? []).flatMap((spec) => parseServiceRule('nat', chain, spec) ?? [])
  }

  /** The rules of a Service in the chains that all share. */
  sharedRules(service: string): readonly ServiceRule[] {
    return this.#sharedRules().get(service) ?? []
  }

  /** As it was compiled; in a kernel by a comment, else by what leads to it: large clusters leave the comments out. */
  serviceOfChain(chain: string): string | undefined {
    this.#owners ??= this.#fragments && indexFragments(this.#fragments)
    if (this.#owners) return this.#owners.get(chain)
    if (!this.#found.has(chain)) this.#found.set(chain, this.#findService(chain))
    return this.#found.get(chain)
  }

  #findService(chain: string): string | undefined {
    const portName = this.rules(chain).find((rule) => rule.portName !== undefined)?.portName
    if (portName !== undefined) return serviceOf(portName)
    return this.#dispatchedTo(chain) ?? this.#serviceOfLeader(chain)
  }

  #dispatchedTo(chain: string): string | undefined {
    this.#dispatched ??= new Map(
      [...this.#sharedRules()].flatMap(([service, rules]) => rules.map((rule) => [targetOf(rule), service] as const)),
    )
    return this.#dispatched.get(chain)
  }

  #serviceOfLeader(chain: string): string | undefined {
    this.#leaders ??= new Map(
      this.#chains
        .filter((owned) => isPortChain(owned.chain))
        .flatMap((owned) => this.rules(owned.chain).map((rule) => [targetOf(rule), owned.chain] as const)),
    )
    // Without a cycle: by their forms, rules lead from FW to EXT, from there to SVC and SVL, and then to SEP.
    const leader = this.#leaders.get(chain)
    return leader && this.serviceOfChain(leader)
  }

  #sharedRules(): ReadonlyMap<string, readonly ServiceRule[]> {
    this.#shared ??= indexShared(this.#chains)
    return this.#shared
  }
}

function indexChains(chains: readonly OwnedChain[], table: Table): ReadonlyMap<string, OwnedChain> {
  return new Map(chains.filter((owned) => owned.table === table).map((owned) => [owned.chain, owned]))
}

function indexFragments(fragments: ReadonlyMap<string, ServiceFragment>): ReadonlyMap<string, string> {
  return new Map(
    [...fragments].flatMap(([service, { ports }]) =>
      ports.flatMap(({ chains }) => chains.map((chain) => [chain, service] as const)),
    ),
  )
}

function indexShared(chains: readonly OwnedChain[]): ReadonlyMap<string, readonly ServiceRule[]> {
  const shared = new Map<string, ServiceRule[]>()
  for (const { table, chain, specs } of chains) {
    if (isPortChain(chain)) continue
    for (const spec of specs) {
      const rule = parseServiceRule(table, chain, spec)
      if (rule?.portName === undefined) continue
      const service = serviceOf(rule.portName)
      const rules = shared.get(service) ?? []
      shared.set(service, rules)
      rules.push(rule)
    }
  }
  return shared
}
