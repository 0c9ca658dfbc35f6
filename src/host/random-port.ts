import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The ports that the kernel lets anybody send from, without those that the administrator reserved. */
export interface PortRange {
  readonly first: number
  readonly last: number
  readonly reserved: ReadonlySet<number>
}

/** What Linux has where nobody has changed it. */
const usual = { first: 32768, last: 60999 }

/** net.ipv4.ip_local_port_range and ip_local_reserved_ports of this network namespace, which hold for IPv6 as well. */
export function readPortRange(folder = '/proc/sys/net/ipv4'): PortRange {
  const [first = usual.first, last = usual.last] = numbers(read(`${folder}/ip_local_port_range`))
  const reserved = read(`${folder}/ip_local_reserved_ports`)
    .split(',')
    .map(numbers)
    .flatMap(([from, to = from]) => (from === undefined || to === undefined ? [] : range(from, to)))
  return { first, last, reserved: new Set(reserved) }
}

/**
 * A port that nobody can foresee. Older kernels choose ports that somebody who has seen enough of them can (CVE-2020-16166),
 * and whoever knows the port has only the 65,536 identifiers left to guess.
 */
export function randomPort({ first, last, reserved }: PortRange): number {
  for (let tries = 0; tries < 1000; tries++) {
    const port = randomInt(first, last + 1)
    if (!reserved.has(port)) return port
  }
  // All but none are reserved: let the kernel find it.
  return 0
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // A kernel without the setting has none to respect.
    return ''
  }
}

function numbers(text: string): readonly number[] {
  return (text.match(/\d+/g) ?? []).map(Number)
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}
