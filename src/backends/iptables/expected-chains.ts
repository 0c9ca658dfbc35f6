import type { Rule } from '../../xtables/rule.ts'
import type { ServiceFragment } from './fragment.ts'

export interface ExpectedChain {
  readonly name: string
  readonly rules: readonly Rule[]
}

/** The chains of services by name. A large cluster has 100,000, so no more is kept of each than which service has it. */
export class ExpectedChains {
  readonly #fragments = new Map<string, ServiceFragment>()

  constructor(fragments: Iterable<ServiceFragment>) {
    for (const fragment of fragments) {
      for (const { chains } of fragment.ports) for (const chain of chains) this.#fragments.set(chain, fragment)
    }
  }

  /** Undefined where none is expected. */
  find(name: string): ExpectedChain | undefined {
    for (const { chains, own } of this.#fragments.get(name)?.ports ?? []) {
      const chain = chains.find((candidate) => candidate === name)
      if (chain !== undefined) return { name: chain, rules: own.filter((rule) => rule.chain === name) }
    }
    return undefined
  }
}
