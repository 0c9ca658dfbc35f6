import { isPortChain } from '../../src/backends/iptables/chain-name.ts'

/** Targets that are no chain of ours. */
const builtInTargets: ReadonlySet<string> = new Set('ACCEPT DROP REJECT RETURN MARK DNAT MASQUERADE'.split(' '))

/**
 * What does not fit together in an iptables-restore document, a sentence each: rules in chains that are not declared,
 * jumps to chains that are not, chains of services that nothing leads to or that have no rule, and chains declared twice.
 */
export function inconsistencies(document: string): readonly string[] {
  return document.split(/(?<=^COMMIT\n)/m).flatMap((table) => tableFaults(table.split('\n')))
}

function tableFaults(lines: readonly string[]): readonly string[] {
  const [table = ''] = lines
  const rules = lines.filter((line) => line.startsWith('-A '))
  const declared = lines.filter((line) => line.startsWith(':')).map((line) => line.slice(1, line.indexOf(' ')))
  const filled = new Set(rules.map((rule) => rule.split(' ')[1] ?? ''))
  const entered = new Set(rules.map((rule) => / -j (\S+)/.exec(rule)?.[1] ?? '').filter((target) => target !== ''))
  const known = new Set(declared)
  const ofPorts = declared.filter(isPortChain)
  return [
    ...doubled(declared).map((chain) => `${chain} is declared twice`),
    ...[...filled].filter((chain) => !known.has(chain)).map((chain) => `${chain} has rules but is not declared`),
    ...[...entered]
      .filter((target) => !known.has(target) && !builtInTargets.has(target))
      .map((chain) => `${chain} is jumped to but not declared`),
    ...ofPorts.filter((chain) => !entered.has(chain)).map((chain) => `nothing leads to ${chain}`),
    ...ofPorts.filter((chain) => !filled.has(chain)).map((chain) => `${chain} is empty`),
  ].map((fault) => `${table}: ${fault}`)
}

function doubled(lines: readonly string[]): readonly string[] {
  return lines.filter((line, i) => lines.indexOf(line) !== i)
}
