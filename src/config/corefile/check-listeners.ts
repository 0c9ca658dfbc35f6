import type { Problems } from './problem.ts'
import type { ReadBlock, ReadZone } from './server-block.ts'
import type { BindTarget } from './plugins/bind.ts'

/** Each zone of a block is looked at with each of its addresses. */
const maxPairs = 1_000_000

/** A zone is served once on a port: on every address, or once on each of some. */
export function checkListeners(blocks: readonly ReadBlock[], problems: Problems): void {
  const served = new Map<string, Set<string>>()
  for (const block of blocks) {
    const addresses = listenAddresses(block)
    const [first] = block.zones
    if (first !== undefined && block.zones.length * addresses.size > maxPairs) {
      problems.add(first.key, `${block.zones.length} zones on ${addresses.size} addresses are too many`)
      return
    }
    for (const zone of block.zones) checkZone(zone, addresses, served, problems)
  }
}

/** Where a block listens, as text; empty for every address. */
export function listenAddresses({ plugins }: ReadBlock): ReadonlySet<string> {
  const binds = plugins.map(({ plugin }) => plugin).filter((plugin) => plugin.name === 'bind')
  const addresses = binds.flatMap(({ listen, except }) => {
    const left = new Set(except.map(targetText))
    return listen.map(targetText).filter((text) => !left.has(text))
  })
  return new Set(binds.length === 0 ? [''] : addresses)
}

/** @param served The addresses on which each zone and port is served already. */
function checkZone(
  { key, zone, port }: ReadZone,
  addresses: ReadonlySet<string>,
  served: Map<string, Set<string>>,
  problems: Problems,
): void {
  const name = `dns://${zone}:${port}`
  const before = served.get(name) ?? new Set<string>()
  served.set(name, before)
  for (const address of addresses) {
    const on = address === '' ? '' : ` on ${address}`
    if (before.has(address)) {
      problems.add(key, `cannot serve ${name}${on} - it is already defined`)
    } else if (before.has('')) {
      problems.add(key, `cannot serve ${name}${on} - another block serves it on every address`)
    } else if (address === '' && before.size > 0) {
      problems.add(key, `cannot serve ${name} on every address - another block serves it on ${[...before].join(', ')}`)
    }
  }
  for (const address of addresses) before.add(address)
}

function targetText(target: BindTarget): string {
  return target.kind === 'address' ? target.address : target.name
}
