import type { WrittenBlock } from './block-reader.ts'
import type { Directive } from './directive.ts'
import { foreignPlugins } from './foreign-plugins.ts'
import type { Line } from './line.ts'
import { plugins, type Plugin, type PluginName } from './plugin.ts'
import type { Problems } from './problem.ts'
import { quoted, type Token } from './token.ts'
import { unknownName } from './unknown-name.ts'
import { parseZoneKey } from './zone.ts'

/** A server block with the places of its parts, for what is checked between them. */
export interface ReadBlock {
  readonly zones: readonly ReadZone[]
  /** In the order of {@link plugins}. */
  readonly plugins: readonly ReadPlugin[]
}

export interface ReadZone {
  readonly key: Token
  readonly zone: string
  readonly port: number
}

interface ReadPlugin {
  readonly plugin: Plugin
  readonly line: Line
}

const dnsPort = 53
const names = Object.keys(plugins)

export function readServerBlock({ keys, lines }: WrittenBlock, problems: Problems): ReadBlock {
  const zones = keys.flatMap((key) => readKey(key, problems))
  const inZones = zones.map(({ zone }) => zone)
  const known = lines.filter((line) => isKnown(line.name, problems))
  checkRepeats(known, problems)
  const read = known.flatMap((line) => readPlugin({ line, zones: inZones, problems }))
  return { zones, plugins: read.toSorted((a, b) => orderOf(a) - orderOf(b)) }
}

function orderOf({ plugin }: ReadPlugin): number {
  return names.indexOf(plugin.name)
}

function readKey(key: Token, problems: Problems): readonly ReadZone[] {
  if (problems.tooManyZones) return []
  const read = parseZoneKey(key.text)
  if (typeof read === 'string') {
    problems.add(key, `${read}, got ${quoted(key)}`)
    return []
  }
  problems.countZones(key, read.zones.length)
  return read.zones.map((zone) => ({ key, zone, port: read.port ?? dnsPort }))
}

function isKnown(name: Token, problems: Problems): boolean {
  if (isPluginName(name.text)) return true
  // Looking for the nearest name takes its time.
  if (problems.full) return false
  if (foreignPlugins.has(name.text)) problems.add(name, `the plugin ${name.text} of CoreDNS is not supported`)
  else problems.add(name, unknownName('plugin', name, names))
  return false
}

function checkRepeats(lines: readonly Line[], problems: Problems): void {
  const first = new Map<string, Token>()
  for (const { name } of lines) {
    const before = first.get(name.text)
    if (before === undefined) first.set(name.text, name)
    else if (!mayRepeat(name.text)) {
      const place = `${before.file}:${before.line}:${before.column}`
      problems.add(name, `${name.text} can stand only once in a server block; it stands at ${place}`)
    }
  }
}

function readPlugin(directive: Directive): readonly ReadPlugin[] {
  const { line } = directive
  const plugin = isPluginName(line.name.text) ? plugins[line.name.text].read(directive) : undefined
  return plugin === undefined ? [] : [{ plugin, line }]
}

function mayRepeat(name: string): boolean {
  return isPluginName(name) && 'repeats' in plugins[name]
}

function isPluginName(name: string): name is PluginName {
  return Object.hasOwn(plugins, name)
}
