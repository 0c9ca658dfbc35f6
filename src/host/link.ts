import { parseAddress, type Address } from '../net/address.ts'
import { CommandError, type RunCommand } from './command.ts'

/** A network interface, as far as `ip` tells of it. */
export interface Link {
  /** What somebody noted about it; empty when nobody did. */
  readonly alias: string
  readonly up: boolean
  /** In the tool's order, with an IPv6 address of the kernel's own making if there is one. */
  readonly addresses: readonly Address[]
}

/** One interface of this network namespace. */
export interface LinkTool {
  readonly name: string
  /** Undefined when there is none of that name. */
  read(): Promise<Link | undefined>
  /** Gives lines to `ip -batch`, which stops at the first that fails; throws a CommandError then. */
  change(lines: readonly string[]): Promise<void>
}

/** Of the fields that `ip -json` prints, those that are read. Some releases print `{}` for interfaces that are left out. */
interface PrintedLink {
  readonly ifalias?: string
  readonly flags?: readonly string[]
  readonly addr_info?: readonly { readonly local?: string }[]
}

export function linkTool(run: RunCommand, name: string): LinkTool {
  return {
    name,
    async read() {
      try {
        const links: readonly PrintedLink[] = JSON.parse(await run('ip', printLink(name)))
        return links[0] && linkOf(links[0])
      } catch (error) {
        if (error instanceof CommandError && /does not exist/.test(error.stderr)) return undefined
        throw error
      }
    },
    async change(lines) {
      // One process for all: it goes on to the end also when we are killed.
      await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`)
    },
  }
}

/** The alias is a detail. */
function printLink(name: string): readonly string[] {
  return ['-json', '-details', 'address', 'show', 'dev', name]
}

function linkOf({ ifalias = '', flags = [], addr_info: addresses = [] }: PrintedLink): Link {
  return {
    alias: ifalias,
    up: flags.includes('UP'),
    addresses: addresses.flatMap(({ local = '' }) => parseAddress(local) ?? []),
  }
}
