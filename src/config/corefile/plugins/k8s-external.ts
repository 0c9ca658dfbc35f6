import { optional } from '../../../model/optional.ts'
import { readOptions, wordsOf, zonesOf, type Directive } from '../directive.ts'
import { seconds, type Value } from '../value.ts'

/** Answers for the external addresses of Services. */
export interface K8sExternal {
  readonly name: 'k8s_external'
  readonly zones: readonly string[]
  /** Seconds. */
  readonly ttl: number
  /** The label below which the zone's own names are: `ns1.dns`. */
  readonly apex: string
  /** With the endpoints of headless Services that have no external address. */
  readonly headless: boolean
  /** Zones where a name that does not exist goes on to the next plugin; `.` is all, empty none. */
  readonly fallthrough: readonly string[]
}

const label: Value<string> = {
  expected: 'a label such as dns',
  parse: (text) => (/^[-\w]{1,63}$/.test(text) ? text.toLowerCase() : undefined),
}

/** `k8s_external [ZONE...]`. */
export function readK8sExternal(directive: Directive): K8sExternal {
  const zones = zonesOf(directive, wordsOf(directive))
  const defaults: K8sExternal = { name: 'k8s_external', zones, ttl: 5, apex: 'dns', headless: false, fallthrough: [] }
  return readOptions(directive, defaults, {
    ttl: (words) => optional('ttl', words.read(seconds(0, 3600))),
    apex: (words) => optional('apex', words.read(label)),
    headless: () => ({ headless: true }),
    fallthrough: (words) => ({ fallthrough: words.next === undefined ? ['.'] : words.readZones() }),
  })
}
