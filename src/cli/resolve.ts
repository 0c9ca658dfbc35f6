import { Argument, type Command } from 'commander'
import { DnsTable } from '../agent/dns-table.ts'
import { formatRecord, lookup } from '../dns/lookup.ts'
import { candidates, searchList } from '../dns/search-list.ts'
import type { Zone } from '../dns/zone.ts'
import type { ClusterState } from '../model/cluster-state.ts'
import { Failure } from './failure.ts'
import { addClusterOptions, readCluster, zoneOptions, type ClusterOptions } from './options.ts'
import { print } from './output.ts'

interface ResolveOptions extends ClusterOptions {
  readonly from?: string
}

const types = ['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'SOA', 'NS', 'TXT'] as const

export function addResolve(program: Command): void {
  const command = program
    .command('resolve')
    .description('follow a name as a pod would: each name of its search list, and the answer; exit code 1 without one')
    .argument('<name>', 'what the pod asks for, such as cart or cart.shop')
    .addArgument(new Argument('[type]', 'record type (default: A and AAAA, as getaddrinfo asks)').choices(types))
  addClusterOptions(command)
    .option('--from <namespace/pod>', 'the pod that asks; without it the name is taken as absolute')
    .action(resolve)
}

async function resolve(name: string, type: string | undefined, options: ResolveOptions): Promise<void> {
  const state = await readCluster(options.filename)
  const { zone } = new DnsTable(state, zoneOptions(options))
  zone.synced = true
  const names = await namesAsked(name, state, options)
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

async function namesAsked(name: string, state: ClusterState, options: ResolveOptions): Promise<readonly string[]> {
  if (options.from === undefined) return candidates(name, [], 0)
  const [namespace = '', podName] = options.from.split('/')
  if (namespace === '' || podName === undefined) {
    throw new Failure(`--from "${options.from}": expected NAMESPACE/POD, such as shop/web-0`)
  }
  const pod = state.pods.get(options.from)
  const { search, ndots } = searchList(pod ?? { namespace }, options.clusterDomain)
  if (pod === undefined) {
    console.error(`Pod ${options.from} is not in the input; taking dnsPolicy ClusterFirst without a dnsConfig.`)
  }
  await print(`search ${search.join(' ')}\noptions ndots:${ndots}\n`)
  return candidates(name, search, ndots)
}

/** Prints one query and its answer; true when the client would stop here. */
async function ask(zone: Zone, name: string, type: string): Promise<boolean> {
  const { rcode, answers } = lookup(zone, name, type)
  const said = rcode === 'NOERROR' && answers.length === 0 ? 'NODATA' : rcode
  const elsewhere = rcode === 'REFUSED' ? ' (not a name of this zone: an upstream resolver answers it)' : ''
  await print(`${name} ${type} ${said}${elsewhere}\n${answers.map((record) => `  ${formatRecord(record)}\n`).join('')}`)
  return answers.length > 0
}
