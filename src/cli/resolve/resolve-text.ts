import type { SearchList } from '../../dns/search-list.ts'
import type { SeenLookup, SeenQuery } from './seen-lookup.ts'

export type SeenClients = Readonly<Record<'glibc' | 'musl', SeenLookup>>

/** All that is known of a name that a pod asks for, as `-o json` prints it. */
export interface PodResolution extends SearchList {
  /** `web/front-0` */
  readonly pod: string
  /** `asks the cluster DNS` */
  readonly asks: string
  readonly clients: SeenClients
  /** With autopath, or why there is none for this pod. */
  readonly autopath: SeenClients | { readonly none: string }
}

/** Name, search list, what each C library sends, and what autopath makes of it. */
export function podText({ pod, asks, search, ndots, clients, autopath }: PodResolution): string {
  return [
    `${pod} ${asks}.`,
    ['search', ...search].join(' '),
    `options ndots:${ndots}`,
    '',
    ...clientLines('', clients),
    '',
    ...('none' in autopath ? [`No autopath for ${pod}: ${autopath.none}.`] : autopathLines(clients, autopath)),
    '',
  ].join('\n')
}

/** `cart.shop.svc.cluster.local. A NOERROR`, and its records below. */
export function queryLines(query: SeenQuery): readonly string[] {
  return [`${query.name} ${query.type} ${answerText(query)}`, ...query.records.map((record) => `  ${record}`)]
}

function answerText({ name, answer, supposed, upstream, times }: SeenQuery): string {
  const sent = times === 1 ? '' : `, sent ${times} times`
  if (answer !== 'UPSTREAM')
    return `${answer}${sent}${upstream === undefined ? '' : ` (an upstream resolver goes on at ${upstream})`}`
  const other = upstream === undefined || upstream === name ? '' : ` ${upstream}`
  const saying = supposed === undefined ? '' : `, supposedly ${supposed}`
  return `an upstream resolver answers${other}${saying}${sent}`
}

function autopathLines(without: SeenClients, clients: SeenClients): readonly string[] {
  const saved = (['glibc', 'musl'] as const).map((client) => without[client].count - clients[client].count)
  if (saved.every((count) => count === 0)) return ['Autopath saves nothing here.']
  const [glibc = 0, musl = 0] = saved
  return [
    `Autopath saves ${glibc} of ${without.glibc.count} queries with glibc, ${musl} of ${without.musl.count} with musl.`,
    ...clientLines('With autopath ', {
      glibc: { ...clients.glibc, notAsked: [] },
      musl: { ...clients.musl, notAsked: [] },
    }),
  ]
}

function clientLines(before: string, { glibc, musl }: SeenClients): readonly string[] {
  const body = lookupLines(musl)
  const same = body.join('\n') === lookupLines(glibc).join('\n')
  return [
    `${before}glibc ${summary(glibc)}`,
    ...lookupLines(glibc),
    ...(same ? [`${before}musl does the same.`] : [`${before}musl ${summary(musl)}`, ...body]),
  ]
}

function summary({ result, count, queries, waitsSeconds }: SeenLookup): string {
  const waits = waitsSeconds === 0 ? '' : `, waits ${waitsSeconds} s`
  return `sends ${count} ${count === 1 ? 'query' : 'queries'}${waits}: ${endText(result, queries)}`
}

function endText(result: SeenLookup['result'], queries: readonly SeenQuery[]): string {
  const last = queries.findLast(({ answer, supposed }) => answer === 'NOERROR' || supposed === 'NOERROR')
  if (result !== 'found' || last === undefined) return result
  return last.answer === 'UPSTREAM' ? `an upstream resolver has ${last.upstream}, supposedly` : `found ${last.name}`
}

function lookupLines({ queries, notAsked, noQuery }: SeenLookup): readonly string[] {
  return [
    ...queries.flatMap(queryLines),
    ...noQuery.map((name) => `${name} cannot be asked`),
    ...notAsked.map((name) => `${name} not asked`),
  ].map((line) => `  ${line}`)
}
