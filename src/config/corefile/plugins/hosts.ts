import { optional } from '../../../model/optional.ts'
import type { Address } from '../../../net/address.ts'
import { readOptions, wordsOf, zonesOf, type Directive } from '../directive.ts'
import { lineOf, type Line } from '../line.ts'
import { address, duration, path, seconds, type Value } from '../value.ts'
import { quoted } from '../token.ts'
import { Words } from '../words.ts'
import { parseZone } from '../zone.ts'

/** Answers A, AAAA and PTR from a file like /etc/hosts and from lines of its own. */
export interface Hosts {
  readonly name: 'hosts'
  /** May be missing. */
  readonly file: string
  /** Names elsewhere are left out. */
  readonly zones: readonly string[]
  readonly inline: readonly HostsEntry[]
  /** Seconds. */
  readonly ttl: number
  /** With PTR records. */
  readonly reverse: boolean
  /** How often the file is looked at; 0 for never again. */
  readonly reloadMs: number
  /** Zones where a name that is not there goes on to the next plugin; `.` is all, empty none. */
  readonly fallthrough: readonly string[]
  /** In them, queries for other types go on as well. */
  readonly fallthroughUnsupported: boolean
}

interface HostsEntry {
  readonly address: Address
  /** Absolute, in lower case; `*.` in front stands for one label. */
  readonly names: readonly string[]
}

const hostName: Value<string> = {
  expected: 'a host name',
  parse(text) {
    const [, wildcard = '', rest = ''] = /^(\*\.)?(.*)$/s.exec(text) ?? []
    const name = parseZone(rest)
    return name === undefined || name === '.' ? undefined : `${wildcard}${name}`
  },
}

/** `hosts [FILE [ZONE...]] { ADDRESS NAME... }`. */
export function readHosts(directive: Directive): Hosts {
  const words = wordsOf(directive)
  const file = words.readOptional(path) ?? '/etc/hosts'
  const zones = zonesOf(directive, words)
  const lines = directive.line.block ?? []
  const inline = lines.filter(isEntry).map((line) => readEntry(directive, line))
  const line = { ...directive.line, block: lines.filter((option) => !isEntry(option)) }
  const hosts = readOptions({ ...directive, line }, defaults(file, zones, inline), {
    ttl: (option) => optional('ttl', option.read(seconds(1, 65_535))),
    no_reverse: () => ({ reverse: false }),
    reload: (option) => optional('reloadMs', option.read(duration())),
    fallthrough: (option) => ({ fallthrough: option.next === undefined ? ['.'] : option.readZones() }),
    fallthrough_unsupported: () => ({ fallthroughUnsupported: true }),
  })
  if (hosts.fallthroughUnsupported && hosts.fallthrough.length === 0) {
    words.complain(lineOf(line, 'fallthrough_unsupported')?.name, 'fallthrough_unsupported needs fallthrough')
  }
  return hosts
}

/** An option begins with a letter, and no address with letters alone. */
function isEntry({ name }: Line): boolean {
  return /^[\da-f]*[\d:]/i.test(name.text)
}

function readEntry({ problems }: Directive, line: Line): HostsEntry {
  const parsed = address.parse(line.name.text)
  if (parsed === undefined) problems.add(line.name, `hosts: expected ${address.expected}, got ${quoted(line.name)}`)
  const names = new Words(line, `hosts ${line.name.text}`, problems).readAll(hostName)
  return { address: parsed ?? '', names }
}

function defaults(file: string, zones: readonly string[], inline: readonly HostsEntry[]): Hosts {
  return {
    name: 'hosts',
    file,
    zones,
    inline,
    ttl: 3600,
    reverse: true,
    reloadMs: 5000,
    fallthrough: [],
    fallthroughUnsupported: false,
  }
}
