import { Option, type Command } from 'commander'
import { DnsTable } from '../../agent/dns-table.ts'
import { foreseeReply } from '../../dns/foreseen-reply.ts'
import { spelledName } from '../../dns/name.ts'
import { podLookup, podLookupWithAutopath, type PodLookup } from '../../dns/pod-lookup.ts'
import { parseRecordType, recordTypes } from '../../dns/record-type.ts'
import { reverseName } from '../../dns/reverse-name.ts'
import type { Zone } from '../../dns/zone.ts'
import type { ClusterState } from '../../model/cluster-state.ts'
import { parseAddress } from '../../net/address.ts'
import { Failure } from '../failure.ts'
import { readCluster } from '../cluster-state.ts'
import { addClusterOptions, zoneOptions, type ClusterOptions } from '../options.ts'
import { print } from '../output.ts'
import { hideKernelOptions } from '../setting-options.ts'
import { readSettings } from '../settings.ts'
import { podFacts } from './pod-facts.ts'
import { podText, queryLines, type PodResolution, type SeenClients } from './resolve-text.ts'
import { seenLookup, seenQuery, type SeenQuery } from './seen-lookup.ts'

interface ResolveOptions extends ClusterOptions {
  readonly from?: string
  readonly output: 'text' | 'json'
}

export function addResolve(program: Command): void {
  const command = program
    .command('resolve')
    .description('follow a name as the programs in a pod do, query by query; exit code 1 when the input has no answer')
    .argument('<name>', 'what the pod asks for, such as cart or cart.shop')
    .argument('[type]', 'record type, such as SRV or TYPE65 (default: A and AAAA, as getaddrinfo asks)')
  hideKernelOptions(addClusterOptions(command))
    .option('--from <namespace/pod>', 'the pod that asks; without it the name is taken as absolute')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .action(resolve)
}

async function resolve(typed: string, type: string | undefined, options: ResolveOptions): Promise<void> {
  // No answer depends on those of rules; whoever has them wrong learns it here too.
  const settings = await readSettings(options)
  const types = type === undefined ? [recordTypes.A, recordTypes.AAAA] : [parseRecordType(type)]
  const name = questionName(typed, types)
  const state = await readCluster(options, settings)
  const { zone } = new DnsTable(state, zoneOptions(options))
  zone.synced = true
  const found =
    options.from === undefined
      ? await resolveAbsolute(zone, name, types, options)
      : await resolveFrom(options.from, state, zone, name, types, options)
  if (!found) process.exitCode = 1
}

/** An address is asked for by its reverse name, as `dig -x` does. */
function questionName(name: string, types: readonly number[]): string {
  const address = types.includes(recordTypes.PTR) ? parseAddress(name) : undefined
  if (address !== undefined) return reverseName(address)
  if (spelledName(name) === undefined) {
    throw new Failure(`Cannot look up "${name}": a DNS name has labels of 1 to 63 ASCII characters, 253 together`)
  }
  return name
}

/** Prints the answers to one name; true when there is one. */
async function resolveAbsolute(
  zone: Zone,
  name: string,
  types: readonly number[],
  { output }: ResolveOptions,
): Promise<boolean> {
  const absolute = name.endsWith('.') ? name : `${name}.`
  const queries = types.map((type) =>
    seenQuery(
      absolute,
      type,
      foreseeReply(zone, absolute, type, () => false),
    ),
  )
  await (output === 'json'
    ? printJson({ name, queries })
    : print(`${queries.flatMap((query) => queryLines(query)).join('\n')}\n`))
  return queries.some(isAnswer)
}

/** Prints what the programs in a pod do; true when the state has what they look for. */
async function resolveFrom(
  from: string,
  state: ClusterState,
  zone: Zone,
  name: string,
  types: readonly number[],
  { clusterDomain, output }: ResolveOptions,
): Promise<boolean> {
  const [, namespace] = /^([^/]+)\/[^/]+$/.exec(from) ?? []
  if (namespace === undefined) throw new Failure(`--from "${from}": expected NAMESPACE/POD, such as shop/web-0`)
  const pod = state.pods.get(from)
  if (pod === undefined) {
    console.error(`Pod ${from} is not in the input; taking dnsPolicy ClusterFirst without a dnsConfig.`)
  }
  const { list, asks, asksCluster, noAutopath } = podFacts(state, namespace, pod, clusterDomain)
  const question = { name, types, list, namespace, asksCluster }
  const clients = seenClients(podLookup(zone, question))
  const autopath =
    noAutopath === undefined ? seenClients(await podLookupWithAutopath(zone, question)) : { none: noAutopath }
  const resolution: PodResolution = { pod: from, asks, ...list, clients, autopath }
  await (output === 'json' ? printJson({ name, ...resolution }) : print(podText(resolution)))
  return [clients.glibc, clients.musl].some(({ result, queries }) => result === 'found' && queries.some(isAnswer))
}

function seenClients({ glibc, musl }: PodLookup): SeenClients {
  return { glibc: seenLookup(glibc), musl: seenLookup(musl) }
}

function isAnswer({ answer }: SeenQuery): boolean {
  return answer === 'NOERROR'
}

function printJson(fields: object): Promise<void> {
  return print(`${JSON.stringify({ apiVersion: 'pointsman/v1', kind: 'Resolution', ...fields }, undefined, 2)}\n`)
}
