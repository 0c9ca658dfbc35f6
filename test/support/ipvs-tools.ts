import type { IptablesTool } from '../../src/agent/iptables-tool.ts'
import type { IpvsTool, RefusedLine } from '../../src/agent/ipvs-tool.ts'
import { ruleKey } from '../../src/backends/iptables/rule-key.ts'
import { serverWords } from '../../src/backends/ipvs/virtual-server.ts'
import { parseSavedServers } from '../../src/backends/ipvs/saved-servers.ts'
import type { Family } from '../../src/net/family.ts'
import { wholeText } from '../../src/xtables/restore-document.ts'
import { TextKernel } from './ipvs-kernel.ts'

/**
 * The tools of IPVS mode on a kernel of text: for sequences of changes too long for a real one, which the tests in test/uml
 * have. Lines are refused as the real tools refuse them, and every change is noted.
 */
export function textTools(family: Family) {
  const kernel = new TextKernel()
  const rules = new TextRules()
  const state = {
    /** Connections by `10.96.0.10:80/TCP 10.244.1.7:8080`, and what no kernel takes. */
    connections: new Map<string, number>(),
    refuses: nothing,
    /** So many calls are answered, then the tool fails. */
    patience: Number.POSITIVE_INFINITY,
    hasInterface: false,
  }
  const written: string[] = []
  const called = () => {
    if (state.patience-- <= 0) throw new Error('the tool was killed')
  }
  const change = (lines: readonly string[]): readonly RefusedLine[] =>
    lines.flatMap((line) => {
      written.push(line)
      try {
        if (state.refuses(line)) throw new Error('refused')
        kernel.run([line])
        return []
      } catch {
        return [{ line, message: 'refused' }]
      }
    })
  const read = async <T>(value: () => T) => {
    called()
    return value()
  }
  const write = async <T>(lines: readonly string[], answer: (refused: readonly RefusedLine[]) => T) => {
    // Killed in the middle of its lines, it has done some.
    if (state.patience === 0) change(lines.slice(0, lines.length >> 1))
    called()
    return answer(change(lines))
  }
  const ipvs: IpvsTool = {
    saveServers: () => read(() => kernel.savedServers),
    listConnections: (of) => read(() => connectionList(kernel, family, state.connections, of)),
    saveSets: () => read(() => kernel.savedSets),
    listAddresses: () => read(() => addressList(kernel)),
    changeServers: (lines) => write(lines, (refused) => refused.map(() => 'No such service').join('\n')),
    // What is there already, or gone already, is no error of this tool.
    changeSets: (lines) => write(lines, (refused) => refused.filter(({ line }) => state.refuses(line))),
    changeAddresses: (lines) => write(lines, (refused) => refused),
    ensureInterface: async () => {
      state.hasInterface = true
    },
  }
  const iptables: IptablesTool = {
    save: () => read(() => rules.saved),
    saveLines: async () => {
      throw new Error('IPVS mode has few rules')
    },
    restore: async (document) => {
      called()
      written.push('rules')
      rules.restore(wholeText(document))
    },
    hasCanary: async () => true,
  }
  return { kernel, rules, state, ipvs, iptables, written }
}

/** As `ip -j addr show`, with an interface of the node's own. */
function addressList({ addresses }: TextKernel): string {
  const bound = [...addresses].map((address) => address.replace(/\/.*$/, ''))
  return JSON.stringify([linkOf('eth0', ['192.0.2.7']), linkOf('kube-ipvs0', bound)])
}

function linkOf(ifname: string, locals: readonly string[]): object {
  return { ifname, addr_info: locals.map((local) => ({ local })) }
}

const nothing: (line: string) => boolean = () => false

/** As `ipvsadm -L -n`, and with the words of virtual servers behind it. */
function connectionList(
  kernel: TextKernel,
  family: Family,
  connections: ReadonlyMap<string, number>,
  of: readonly string[] | undefined,
): string {
  const servers = parseSavedServers(kernel.savedServers, family)
  return [...servers]
    .filter(([, server]) => of === undefined || of.includes(serverWords(server)))
    .flatMap(([key, server]) => [
      `${server.protocol}  ${serverWords(server).split(' ')[1] ?? ''} rr`,
      ...server.realServers.map(
        ({ target, weight }) =>
          `  -> ${target}              Masq    ${weight}      0          ${connections.get(`${key} ${target}`) ?? 0}`,
      ),
    ])
    .join('\n')
}

/** Tables of rules, as iptables-restore --noflush changes them and iptables-save prints them. */
class TextRules {
  readonly tables = new Map<string, Map<string, string[]>>()

  restore(document: string): void {
    let chains = new Map<string, string[]>()
    for (const line of document.split('\n')) {
      const [command = '', chain = '', ...words] = line.split(' ')
      const spec = words.join(' ')
      if (command.startsWith('*')) chains = this.#table(command.slice(1))
      else if (command.startsWith(':')) chains.set(command.slice(1), [])
      else if (command === '-A') chains.get(chain)?.push(spec)
      else if (command === '-I') chains.get(chain)?.unshift(spec)
      else if (command === '-X') chains.delete(chain)
      else if (command === '-D') {
        const list = chains.get(chain) ?? []
        list.splice(
          list.findIndex((other) => ruleKey(other) === ruleKey(spec)),
          1,
        )
      }
    }
  }

  get saved(): string {
    return [...this.tables]
      .map(([table, chains]) =>
        [
          `*${table}`,
          ...[...chains.keys()].map((chain) => `:${chain} - [0:0]`),
          ...[...chains].flatMap(([chain, specs]) => specs.map((spec) => `-A ${chain} ${spec}`)),
          'COMMIT\n',
        ].join('\n'),
      )
      .join('')
  }

  #table(name: string): Map<string, string[]> {
    const builtIn = ['INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING'].map((chain) => [chain, []] as const)
    const table = this.tables.get(name) ?? new Map<string, string[]>(builtIn.map(([chain]) => [chain, []]))
    this.tables.set(name, table)
    return table
  }
}
