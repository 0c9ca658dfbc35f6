import { isPortChain } from '../backends/iptables/chain-name.ts'
import { countRules } from '../backends/iptables/document.ts'
import { countRepairs, renderFullSync } from '../backends/iptables/full-sync.ts'
import { parseSavedRules, type SavedRules } from '../backends/iptables/saved-rules.ts'
import type { SetName } from '../backends/ipvs/ip-set.ts'
import type { Rule, Table } from '../xtables/rule.ts'
import type { IpvsRuleset } from './ipvs-ruleset.ts'
import type { IpvsShares } from './ipvs-shares.ts'
import { MeteredTool } from './metered-tool.ts'
import type { IptablesTool } from './iptables-tool.ts'
import type { SyncMeter } from './sync-meter.ts'

/** What the rules depend on. */
interface RuleNeeds {
  /** Sets with members. */
  readonly filled: ReadonlySet<SetName>
  /** Rules of single services. */
  readonly rules: ReadonlyMap<string, readonly Rule[]>
}

/**
 * Keeps the iptables rules of IPVS mode in the kernel. Their number does not grow with the cluster, so whenever they differ
 * from what was last written the kernel is read, and chains that are not right are written whole.
 */
export class IpvsRules {
  readonly #ruleset: IpvsRuleset
  readonly #tool: MeteredTool
  #programmed: RuleNeeds = { filled: new Set(), rules: new Map() }
  /** What the kernel holds, as text; undefined when nobody knows. */
  #known: string | undefined
  /** Read, and not yet written over. */
  #saved: SavedRules | undefined

  constructor(ruleset: IpvsRuleset, tool: IptablesTool, meter: SyncMeter) {
    this.#ruleset = ruleset
    this.#tool = new MeteredTool(tool, meter)
  }

  get tool(): MeteredTool {
    return this.#tool
  }

  get counts(): Readonly<Record<Table, number>> {
    const { filled, rules } = this.#programmed
    const { base, fragments } = this.#ruleset.desiredRules(filled, rules)
    return countRules(base, fragments)
  }

  /** Reads the kernel anew, which may hold anything; returns whether it translates by rules of iptables mode. */
  async read(): Promise<boolean> {
    this.#known = undefined
    this.#saved = parseSavedRules(await this.#tool.save())
    return [...this.#saved.nat.keys()].some(isPortChain)
  }

  /** The rules of before and now together: for the time in which virtual servers and sets change. */
  async widen({ filled, rules }: IpvsShares): Promise<void> {
    const before = this.#programmed
    await this.#write({
      filled: new Set([...before.filled, ...filled]),
      rules: new Map([...before.rules, ...rules]),
    })
  }

  /** Exactly those that are wanted. */
  async settle({ filled, rules }: IpvsShares): Promise<void> {
    const needs = { filled, rules: new Map(rules) }
    await this.#write(needs)
    this.#programmed = needs
  }

  /** Reads the kernel back; the rules that it has, and how many chains and jumps are not right. */
  async compare(): Promise<{ readonly kernel: SavedRules; readonly wrong: number }> {
    this.#known = undefined
    const kernel = parseSavedRules(await this.#tool.save())
    this.#saved = kernel
    const { filled, rules } = this.#programmed
    const document = renderFullSync(this.#ruleset.desiredRules(filled, rules), kernel, Number.POSITIVE_INFINITY)
    return { kernel, wrong: countRepairs(document) }
  }

  /** Makes what was compared right. */
  async repair(): Promise<void> {
    await this.#write(this.#programmed)
  }

  async #write({ filled, rules }: RuleNeeds): Promise<void> {
    const desired = this.#ruleset.desiredRules(filled, rules)
    const text = JSON.stringify(desired)
    if (text === this.#known) return
    this.#known = undefined
    const saved = this.#saved ?? parseSavedRules(await this.#tool.save())
    this.#saved = undefined
    // In one block: there are a few dozen rules.
    await this.#tool.restore(renderFullSync(desired, saved, Number.POSITIVE_INFINITY))
    this.#known = text
  }
}
