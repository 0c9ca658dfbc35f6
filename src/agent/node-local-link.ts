import { randomUUID } from 'node:crypto'
import { CommandError } from '../host/command.ts'
import type { Link, LinkTool } from '../host/link.ts'
import { familyOf, type Address } from '../net/address.ts'
import type { Family } from '../net/family.ts'

/** Not `nodelocaldns`, which NodeLocal DNSCache makes and, when it ends, deletes. */
export const nodeLocalInterface = 'pointsman-dns'

/** How the alias of an interface of ours begins; behind it stands which process has it. */
const aliasStart = 'pointsman:'

/** Who may change the interface: nobody made it yet, this process has it, another one of ours, or something else. */
export type LinkOwner = 'nobody' | 'us' | 'another' | 'stranger'

/**
 * The interface that carries the addresses of this node's DNS. Its alias names the process that takes care of it, which
 * all who share the network namespace see, also from containers of their own; whoever writes there last has it.
 */
export class NodeLocalLink {
  readonly #tool: LinkTool
  readonly #families: readonly Family[]
  readonly #alias = `${aliasStart}${randomUUID()}`

  constructor(tool: LinkTool, families: readonly Family[]) {
    this.#tool = tool
    this.#families = families
  }

  get name(): string {
    return this.#tool.name
  }

  read(): Promise<Link | undefined> {
    return this.#tool.read()
  }

  ownerOf(link: Link | undefined): LinkOwner {
    if (link === undefined) return 'nobody'
    if (link.alias === this.#alias) return 'us'
    return isOurs(link) ? 'another' : 'stranger'
  }

  /** Makes it, or makes it this process's; throws a sentence when the kernel refuses. */
  async take(link: Link | undefined): Promise<void> {
    const { name } = this
    const prepare = [`link set dev ${name} alias ${this.#alias}`, `link set dev ${name} up`]
    // No link-local address of the kernel's own making: nobody talks on this interface.
    const quiet = this.#families.includes('IPv6') ? [`link set dev ${name} addrgenmode none`] : []
    try {
      if (link !== undefined) return await this.#tool.change(prepare)
      await this.#make([...quiet, ...prepare])
    } catch (error) {
      throw sentence(error, `Cannot make the interface ${name}`)
    }
  }

  async #make(prepare: readonly string[]): Promise<void> {
    try {
      await this.#tool.change([`link add name ${this.name} type dummy`, ...prepare])
    } catch (error) {
      if (!isUnknownKind(error)) throw error
      // A bridge without ports carries addresses as well; a container or virtual machine may have that alone.
      await this.#tool.change([`link add name ${this.name} type bridge`, ...prepare])
    }
  }

  /** Throws a sentence when the kernel refuses. */
  async addAddress(address: Address): Promise<void> {
    // Neither may be the source of the node's other connections, as an address of an interface could become.
    const [length, manner] = familyOf(address) === 'IPv4' ? [32, 'scope host'] : [128, 'nodad preferred_lft 0']
    try {
      await this.#tool.change([`address replace ${address}/${length} dev ${this.name} ${manner}`])
    } catch (error) {
      throw sentence(error, `Cannot put ${address} on the interface ${this.name}`)
    }
  }

  async deleteAddress(address: Address): Promise<void> {
    await this.#tool.change([`address delete ${address}/${familyOf(address) === 'IPv4' ? 32 : 128} dev ${this.name}`])
  }

  async delete(): Promise<void> {
    await this.#tool.change([`link delete dev ${this.name}`])
  }
}

/** Whether a process of ours made it. */
export function isOurs({ alias }: Link): boolean {
  return alias.startsWith(aliasStart)
}

function isUnknownKind(error: unknown): boolean {
  return error instanceof CommandError && /Unknown device type|not supported/.test(error.stderr)
}

function sentence(error: unknown, what: string): unknown {
  if (!(error instanceof CommandError) || error.missing) return error
  if (isUnknownKind(error)) {
    return new Error(`${what}: the kernel has no dummy interfaces (module dummy), and no bridges either`, {
      cause: error,
    })
  }
  if (/not permitted/.test(error.stderr)) {
    return new Error(`${what}: that needs root or the capability NET_ADMIN`, { cause: error })
  }
  return new Error(`${what}: ${error.stderr.trim().split('\n')[0] ?? ''}`, { cause: error })
}
