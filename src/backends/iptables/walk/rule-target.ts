import { joinHostPort, parseAddress } from '../../../net/address.ts'
import { changedMark } from './packet-mark.ts'
import type { Way } from './packet-way.ts'
import type { RuleOption } from '../rule-options.ts'

/** What a target of the kernel does to a way, or undefined where it is none that is known here. */
export function applyTarget(
  name: string,
  options: readonly RuleOption[],
  way: Way,
  nodeAddress: string | undefined,
): Way | undefined {
  const [option] = options
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
      return option === undefined ? { ...way, end: name } : undefined
    case 'REJECT':
      return hasOnly(options, '--reject-with') ? { ...way, end: name } : undefined
    case 'MARK':
      return marked(way, options)
    case 'DNAT':
      return hasOnly(options, '--to-destination') ? translated(way, option?.value ?? '') : undefined
    case 'MASQUERADE':
      return hasOnly(options, '--random-fully') ? masqueraded(way, nodeAddress) : undefined
    default:
      return undefined
  }
}

function hasOnly(options: readonly RuleOption[], name: string): boolean {
  return options.every((option) => option.name === name)
}

function marked(way: Way, [option, ...more]: readonly RuleOption[]): Way | undefined {
  const mark = option && more.length === 0 ? changedMark(way.mark, option) : undefined
  return mark === undefined ? undefined : { ...way, mark }
}

function translated(way: Way, to: string): Way | undefined {
  const [, bracketed, plain, port = ''] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(to) ?? []
  const destination = parseAddress(bracketed ?? plain ?? '')
  if (destination === undefined) return undefined
  const target = joinHostPort(destination, Number(port))
  return { ...way, packet: { ...way.packet, destination, port: Number(port) }, target, end: 'DNAT' }
}

/** Which of its addresses the node takes is a matter of its routes; for what comes after any of them will do. */
function masqueraded(way: Way, nodeAddress = way.packet.source): Way {
  return { ...way, packet: { ...way.packet, source: nodeAddress }, masqueraded: true, end: 'MASQUERADE' }
}
