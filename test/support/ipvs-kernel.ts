import { kernelSetName, type SetName } from '../../src/backends/ipvs/ip-set.ts'
import type { Family } from '../../src/net/family.ts'

/** A line that a kernel would refuse. */
class Refused extends Error {}

/** What lines for ipvsadm, ipset and ip make of a kernel, refused as the kernel would; an oracle of its own words. */
export class TextKernel {
  /** `-A` lines by their virtual server, each with its `-a` lines by real server. */
  readonly servers = new Map<string, { settings: string; readonly reals: Map<string, string> }>()
  readonly sets = new Map<string, Set<string>>()
  readonly addresses = new Set<string>()

  run(lines: readonly string[]): void {
    for (const line of lines) this.#line(line.split(' '), line)
  }

  /** As `ipvsadm -S -n` prints it. */
  get savedServers(): string {
    return [...this.servers]
      .flatMap(([where, { settings, reals }]) => [
        `-A ${where} ${settings}`,
        ...[...reals].map(([target, rest]) => `-a ${where} -r ${target} ${rest}`),
      ])
      .join('\n')
  }

  /** As `ipset save` prints it. */
  get savedSets(): string {
    return [...this.sets]
      .flatMap(([name, members]) => [`create ${name} x`, ...[...members].map((member) => `add ${name} ${member}`)])
      .join('\n')
  }

  membersOf(name: SetName, family: Family): ReadonlySet<string> | undefined {
    return this.sets.get(kernelSetName(name, family))
  }

  #line([command = '', first = '', second = '', ...rest]: readonly string[], line: string): void {
    const where = `${first} ${second}`
    const server = this.servers.get(where)
    const [, target = '', ...words] = rest
    const text = rest.join(' ')
    const must = (condition: boolean) => {
      if (!condition) throw new Refused(line)
    }
    switch (command) {
      case '-A':
        must(server === undefined)
        this.servers.set(where, { settings: text, reals: new Map() })
        break
      case '-E':
        must(server !== undefined)
        if (server) server.settings = text
        break
      case '-D':
        must(this.servers.delete(where))
        break
      case '-a':
        must(server !== undefined && !server.reals.has(target))
        server?.reals.set(target, words.join(' '))
        break
      case '-e':
        must(server?.reals.has(target) === true)
        server?.reals.set(target, words.join(' '))
        break
      case '-d':
        must(server?.reals.delete(target) === true)
        break
      case 'create':
        must(!this.sets.has(first))
        this.sets.set(first, new Set())
        break
      case 'add':
        must(this.sets.get(first)?.has(second) === false)
        this.sets.get(first)?.add(second)
        break
      case 'del':
        must(this.sets.get(first)?.delete(second) === true)
        break
      case 'addr':
        must(first === 'add' ? !this.addresses.has(second) : this.addresses.delete(second))
        if (first === 'add') this.addresses.add(second)
        break
      default:
        throw new Refused(line)
    }
  }
}
