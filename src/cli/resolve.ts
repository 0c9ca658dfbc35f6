import type { Command } from 'commander'
import { zoneOfState } from '../agent/dns-table.ts'
import { formatRecord, lookup } from '../dns/lookup.ts'
import { parseRecordType, recordTypes } from '../dns/record-type.ts'
import { reverseName } from '../dns/reverse-name.ts'
import { candidates, searchList } from '../dns/search-list.ts'
import type { ZoneView } from '../dns/zone-view.ts'
import { parseAddress } from '../net/address.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import { Failure } from './failure.ts'
import { addClusterOptions, readCluster, zoneOptions, type ClusterOptions } from './options.ts'
import { print } from './output.ts'
import { hideKernelOptions } from './setting-options.ts'
import { readSettings } from './settings.ts'

interface ResolveOptions extends ClusterOptions {
  readonly from?: string
}

export function addResolve(program: Command): void {
  const command = program
    .command('resolve')
    .description('follow a name as a pod would: each name of its search list, and the answer; exit code 1 without one')
    .argument('<name>', 'what the pod asks for, such as cart or cart.shop')
    .argument('[type]', 'record type, such as SRV or TYPE65 (default: A and AAAA, as getaddrinfo asks)')
  hideKernelOptions(addClusterOptions(command))
    .option('--from <namespace/pod>', 'the pod that asks; without it the name is taken as absolute')
    .action(resolve)
}

async function resolve(name: string, type: string | undefined, options: ResolveOptions): Promise<void> {
  // No answer depends on them; whoever has them wrong learns it here too.
  await readSettings(options)
  const state = await readCluster(options.filename)
  const zone = zoneOfState(state, zoneOptions(options))
  const names = await namesAsked(questionName(name, type), state, options)
  let answered = false
  for (const candidate of names) {
    if (answered) {
      await print(`${candidate} not asked\n`)
      continue
    }
    for (const asked of type === undefined ? ['A', 'AAAA'] : [type]) {
      answered = (await ask(zone, candidate, asked)) || answered
    }
  }
  if (!answered) process.exitCode = 1
}

/** An address is asked for by its reverse name, as `dig -x` does. */
function questionName(name: string, type: string | undefined): string {
  const address = type?.toUpperCase() === 'PTR' ? parseAddress(name) : undefined
  return address === undefined ? name : reverseName(address)
}

async function namesAsked(name: string, state: ClusterState, options: ResolveOptions): Promise<readonly string[]> {
  if (options.from === undefined) return candidates(name, [], 0)
  const [, namespace] = /^([^/]+)\/[^/]+$/.exec(options.from) ?? []
  if (namespace === undefined) {
    throw new Failure(`--from "${options.from}": expected NAMESPACE/POD, such as shop/web-0`)
  }
  const pod = state.pods.get(options.from)
  const { search, ndots } = searchList(pod ?? { namespace }, options.clusterDomain)
  if (pod === undefined) {
    console.error(`Pod ${options.from} is not in the input; taking dnsPolicy ClusterFirst without a dnsConfig.`)
  }
  await print(`${['search', ...search].join(' ')}\noptions ndots:${ndots}\n`)
  return candidates(name, search, ndots)
}

/** Prints one query and its answer; true when the client would stop here. */
async function ask(zone: ZoneView, name: string, type: string): Promise<boolean> {
  const { rcode, answers } = lookup(zone, name, type)
  const last = answers.at(-1)?.data
  // Where an alias leaves the zone, an upstream resolver goes on; its answer is not ours to foresee.
  const outside =
    last?.type === 'CNAME' && zone.originOf(last.target.toLowerCase()) === undefined ? last.target : undefined
  const found = answers.some(({ data }) => recordTypes[data.type] === parseRecordType(type))
  const said = rcode === 'NOERROR' && !found && outside === undefined ? 'NODATA' : rcode
  const note =
    rcode === 'REFUSED'
      ? ' (not a name of this zone: an upstream resolver answers it)'
      : outside !== undefined && !found
        ? ` (an upstream resolver goes on at ${outside})`
        : ''
  await print(`${name} ${type} ${said}${note}\n${answers.map((record) => `  ${formatRecord(record)}\n`).join('')}`)
  return rcode === 'NOERROR' && said !== 'NODATA'
}
