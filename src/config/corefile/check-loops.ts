import { listenAddresses } from './check-listeners.ts'
import type { Line } from './line.ts'
import type { Problems } from './problem.ts'
import type { ReadBlock } from './server-block.ts'
import { quoted } from './token.ts'
import { parseUpstream } from './upstream.ts'

/** A block that forwards to where it listens itself would ask itself for ever. */
export function checkLoops(block: ReadBlock, problems: Problems): void {
  const ports = new Set(block.zones.map(({ port }) => port))
  const addresses = listenAddresses(block)
  for (const { plugin, line } of block.plugins) {
    if (plugin.name === 'forward') checkUpstreams(line, addresses, ports, problems)
  }
}

function checkUpstreams(
  line: Line,
  addresses: ReadonlySet<string>,
  ports: ReadonlySet<number>,
  problems: Problems,
): void {
  for (const word of line.words.slice(1)) {
    const upstream = parseUpstream(word.text)
    if (typeof upstream === 'string' || upstream.kind !== 'address' || upstream.transport !== 'dns') continue
    if (!ports.has(upstream.port) || !isOwn(upstream.address, addresses)) continue
    problems.add(
      word,
      `forward: ${quoted(word)} is where this server block listens itself; it would ask itself for ever`,
    )
  }
}

/** Of every address only those are known to be our own that are on every machine. */
function isOwn(address: string, listening: ReadonlySet<string>): boolean {
  if (listening.has(address)) return true
  return listening.has('') && /^(127\.|0\.0\.0\.0$|::1?$)/.test(address)
}
