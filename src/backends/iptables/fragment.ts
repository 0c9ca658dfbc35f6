import type { PortPlan } from '../../plan/port-plan.ts'
import { portChains } from './chain-name.ts'
import type { CompileOptions } from './compile-options.ts'
import { dispatchRules, refusalRules } from './dispatch.ts'
import { ownRules, routes } from './own-rules.ts'
import type { Rule } from '../../xtables/rule.ts'

/** The rules of one service port. */
export interface PortFragment {
  /** Rules in the filter chains that services share. */
  readonly filter: readonly Rule[]
  /** Rules in KUBE-SERVICES and KUBE-NODEPORTS of the nat table. */
  readonly dispatch: readonly Rule[]
  /** The nat chains of this port alone, in the order they are declared. */
  readonly chains: readonly string[]
  /** The rules of those chains. */
  readonly own: readonly Rule[]
}

/** The rules of one service: immutable, and the unit of every update. */
export interface ServiceFragment {
  readonly ports: readonly PortFragment[]
}

export function compileService(plans: readonly PortPlan[], options: CompileOptions): ServiceFragment {
  return { ports: plans.map((plan) => compilePort(plan, options)) }
}

/** The nat chains of a service alone and their rules, in the order they are declared. */
export function ownChains(fragment: ServiceFragment | undefined): ReadonlyMap<string, readonly Rule[]> {
  const chains = new Map<string, Rule[]>()
  for (const port of fragment?.ports ?? []) {
    for (const chain of port.chains) chains.set(chain, [])
    for (const rule of port.own) chains.get(rule.chain)?.push(rule)
  }
  return chains
}

function compilePort(plan: PortPlan, options: CompileOptions): PortFragment {
  const names = portChains(plan)
  const uses = routes(plan, names)
  const { chains, rules } = ownRules(plan, names, uses, options)
  return {
    filter: refusalRules(plan, names, uses).map(inOnePiece),
    dispatch: dispatchRules(plan, names, uses, options).map(inOnePiece),
    chains,
    own: rules.map(inOnePiece),
  }
}

/** V8 would keep a text that is joined from pieces as a tree of them, which takes three times the memory. */
function inOnePiece({ chain, spec }: Rule): Rule {
  return { chain, spec: Buffer.from(spec).toString() }
}
