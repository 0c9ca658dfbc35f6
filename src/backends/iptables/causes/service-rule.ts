import { portChainKind } from '../chain-name.ts'
import { canonicalOptions } from '../rule-key.ts'
import type { RuleOption } from '../rule-options.ts'
import type { Table } from '../../../xtables/rule.ts'
import { parseServiceComment } from './service-comment.ts'

/** What a rule of a ServicePort is there for. */
export type RuleForm =
  | 'cluster IP'
  | 'external IP'
  | 'load balancer IP'
  | 'firewalled IP'
  | 'node port'
  | 'health check node port'
  | 'refused cluster IP'
  | 'refused address'
  | 'refused node port'
  | 'masquerade cluster IP'
  | 'endpoint'
  | 'affinity'
  | 'masquerade outside'
  | 'masquerade node'
  | 'pods'
  | 'route'
  | 'source range'
  | 'source range note'
  | 'hairpin'
  | 'translate'

/** A rule as we, and kube-proxy, write it for a ServicePort. */
export interface ServiceRule {
  readonly form: RuleForm
  /** `shop/cart:http`; absent for the rules that carry no comment. */
  readonly portName?: string
  readonly options: readonly RuleOption[]
}

/**
 * Undefined for every rule that is not exactly of a form we write: one option more or less, or another target, make it
 * somebody else's. So does another comment in a chain that all services share; in a port's own chain it tells nothing.
 */
export function parseServiceRule(table: Table, chain: string, spec: string): ServiceRule | undefined {
  const options = canonicalOptions(spec)
  const text = valueOf(options, '--comment')
  const comment = text === undefined ? undefined : parseServiceComment(text)
  const place = portChainKind(chain) ?? `${table} ${chain}`
  const names = options.filter(isTelling).map(optionName)
  const shape = (sentence: string) => forms.get(shapeKey(place, sentence, names, targetKind(options)))
  const form = shape(comment?.sentence ?? text ?? '')
  if (form !== undefined) return { form, options, ...(comment && { portName: comment.portName }) }
  const whatever = shape(anyComment)
  return whatever && { form: whatever, options }
}

export function valueOf(options: readonly RuleOption[], name: string): string | undefined {
  return options.find((option) => option.name === name)?.value
}

/** The port chain that a rule leads to: `KUBE-SEP-…`. */
export function targetOf({ options }: ServiceRule): string {
  return valueOf(options, '-j') ?? ''
}

type Shape = readonly [form: RuleForm, place: string, comment: string, options: string, targets: string]

const address = '-p -d --dport'
const share = '--mode --probability'
const recent = '--rcheck --seconds --reap --name'
const spread = 'KUBE-SVC KUBE-SVL'
const external = 'for * external destinations'
/** Stands for all comments that no shape has. */
const anyComment = '**'

/** Places and targets are chains, those of a port by their kind; several are joined by a blank. */
const shapes: readonly Shape[] = [
  ['cluster IP', 'nat KUBE-SERVICES', '* cluster IP', address, spread],
  ['external IP', 'nat KUBE-SERVICES', '* external IP', address, 'KUBE-EXT'],
  ['load balancer IP', 'nat KUBE-SERVICES', '* loadbalancer IP', address, 'KUBE-EXT KUBE-FW'],
  ['node port', 'nat KUBE-NODEPORTS', '*', '-p --dport', 'KUBE-EXT'],
  // Counts what reaches node ports on localhost.
  ['node port', 'nat KUBE-NODEPORTS', '*', '-p -d --dport --nfacct-name', 'KUBE-EXT'],
  ['refused cluster IP', 'filter KUBE-SERVICES', '* has no endpoints', address, 'REJECT'],
  ['refused cluster IP', 'filter KUBE-SERVICES', '* has no local endpoints', address, 'DROP'],
  ['refused address', 'filter KUBE-EXTERNAL-SERVICES', '* has no endpoints', address, 'REJECT'],
  ['refused address', 'filter KUBE-EXTERNAL-SERVICES', '* has no local endpoints', address, 'DROP'],
  ['refused node port', 'filter KUBE-EXTERNAL-SERVICES', '* has no endpoints', '--dst-type -p --dport', 'REJECT'],
  ['refused node port', 'filter KUBE-EXTERNAL-SERVICES', '* has no local endpoints', '--dst-type -p --dport', 'DROP'],
  ['firewalled IP', 'filter KUBE-PROXY-FIREWALL', '* traffic not accepted by', address, 'DROP'],
  ['health check node port', 'filter KUBE-NODEPORTS', '* health check node port', '-p --dport', 'ACCEPT'],
  ['masquerade cluster IP', spread, '* cluster IP', address, 'KUBE-MARK-MASQ'],
  ['masquerade cluster IP', spread, '* cluster IP', `${address} !-s`, 'KUBE-MARK-MASQ'],
  ['masquerade cluster IP', spread, '* cluster IP', `${address} !-i`, 'KUBE-MARK-MASQ'],
  // A large cluster leaves the comments of endpoints out.
  ...['* ->', ''].flatMap((comment): readonly Shape[] => [
    ['endpoint', spread, comment, share, 'KUBE-SEP'],
    ['endpoint', spread, comment, '', 'KUBE-SEP'],
    ['affinity', spread, comment, recent, 'KUBE-SEP'],
  ]),
  ['masquerade outside', 'KUBE-EXT', `masquerade traffic ${external}`, '', 'KUBE-MARK-MASQ'],
  ['masquerade node', 'KUBE-EXT', `masquerade LOCAL traffic ${external}`, '--src-type', 'KUBE-MARK-MASQ'],
  ['pods', 'KUBE-EXT', `pod traffic ${external}`, '-s', 'KUBE-SVC'],
  ['pods', 'KUBE-EXT', `pod traffic ${external}`, '-i', 'KUBE-SVC'],
  ['route', 'KUBE-EXT', `route LOCAL traffic ${external}`, '--src-type', 'KUBE-SVC'],
  ['route', 'KUBE-EXT', '', '', spread],
  ['source range', 'KUBE-FW', '* loadbalancer IP', '-s', 'KUBE-EXT'],
  // A range that holds every address.
  ['source range', 'KUBE-FW', '* loadbalancer IP', '', 'KUBE-EXT'],
  ['source range note', 'KUBE-FW', 'other traffic to * will be dropped by KUBE-PROXY-FIREWALL', '', ''],
  ...['*', ''].flatMap((comment): readonly Shape[] => [
    ['hairpin', 'KUBE-SEP', comment, '-s', 'KUBE-MARK-MASQ'],
    ['translate', 'KUBE-SEP', comment, '-p --to-destination', 'DNAT'],
    ['translate', 'KUBE-SEP', comment, '-p --to-destination --set --name', 'DNAT'],
  ]),
]

const forms: ReadonlyMap<string, RuleForm> = new Map(
  shapes.flatMap(([form, places, comment, options, targets]) =>
    chainsIn(places).flatMap((place) =>
      commentsIn(place, comment).flatMap((sentence) =>
        targets.split(' ').map((to) => [shapeKey(place, sentence, options.match(/\S+/g) ?? [], to), form] as const),
      ),
    ),
  ),
)

/** `nat KUBE-SERVICES` is one place; kinds of port chains are each one. */
function chainsIn(places: string): readonly string[] {
  return places.startsWith('KUBE-') ? places.split(' ') : [places]
}

function commentsIn(place: string, comment: string): readonly string[] {
  return place.startsWith('KUBE-') ? [comment, anyComment] : [comment]
}

function shapeKey(place: string, comment: string, options: readonly string[], to: string): string {
  return [place, comment, options.toSorted().join(' '), to].join('|')
}

function targetKind(options: readonly RuleOption[]): string {
  const to = valueOf(options, '-j') ?? ''
  return portChainKind(to) ?? to
}

const modules = new Set(['comment', 'addrtype', 'statistic', 'recent', 'nfacct'])

/** The modules of known options say nothing besides. */
function isTelling({ name, value }: RuleOption): boolean {
  return name !== '--comment' && name !== '-j' && !(name === '-m' && modules.has(value))
}

function optionName({ negated, name }: RuleOption): string {
  return negated ? `!${name}` : name
}
