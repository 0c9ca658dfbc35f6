import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf } from '../../src/host/lab/addresses.ts'
import type { Loop } from '../../src/host/lab/peers.ts'
import type { Summary } from '../../src/host/lab/summary.ts'
import { askNames, type DnsLoad } from './dns-load.ts'
import { dnsAddress } from './cluster-basics.ts'
import { asker, type TestCluster } from './test-cluster.ts'

/** A Service of both families that must be reached, and the names that must be answered, all the time. */
export interface Reached {
  readonly clusterIp: string
  readonly nodePort: number
  /** Lines of `name type`; empty: DNS is not asked. */
  readonly names: readonly string[]
}

/** Clients that connect and ask again and again, in a pod and outside. */
export class ClusterClients {
  readonly #loops: readonly Loop[]
  readonly #load: ReturnType<typeof askNames> | undefined

  private constructor(loops: readonly Loop[], load: ReturnType<typeof askNames> | undefined) {
    this.#loops = loops
    this.#load = load
  }

  /** Resolves when the first connections have been made. */
  static async start(cluster: TestCluster, { clusterIp, nodePort, names }: Reached): Promise<ClusterClients> {
    const { lab, directory } = cluster.parts
    const file = join(directory, 'names.txt')
    await writeFile(file, names.map((line) => `${line}\n`).join(''))
    const pace = { concurrency: 2, timeout: 5000, pause: 20 }
    const loops = await Promise.all([
      lab.loop(asker, { protocol: 'tcp', address: clusterIp, port: 80, ...pace }),
      lab.loop('client', { protocol: 'tcp', address: addressOf('node', 'IPv6'), port: nodePort, ...pace }),
    ])
    const load =
      names.length === 0 ? undefined : askNames(lab, asker, { server: dnsAddress, names: file, perSecond: 200 })
    return new ClusterClients(loops, load)
  }

  /** Ends them; returns what went wrong for them, in words. */
  async stop(): Promise<readonly string[]> {
    const summaries = await Promise.all(this.#loops.map((loop) => loop.stop()))
    const load = await this.#load?.stop()
    const failures = summaries.flatMap((summary, i) => connectionFailures(paths[i] ?? '', summary))
    return [...failures, ...(load === undefined ? [] : queryFailures(load))]
  }
}

/** Of the loops. */
const paths = ['from a pod to the cluster IP', 'from outside to the node port, IPv6']

function connectionFailures(path: string, { servers, refused, timeouts, errors }: Summary): readonly string[] {
  const failures = { refused, 'timed out': timeouts, ...errors }
  const connected = Object.values(servers).reduce((sum, count) => sum + count, 0)
  const lines = Object.entries(failures).filter(([, count]) => count > 0)
  return [
    ...lines.map(([what, count]) => `${count} connections ${path}: ${what}, ${connected} were answered`),
    ...(connected === 0 ? [`no connection ${path} was answered`] : []),
  ]
}

function queryFailures({ sent, lost, codes }: DnsLoad): readonly string[] {
  const { NOERROR: answered = 0, ...others } = codes
  return [
    ...(lost === 0 ? [] : [`${lost} of ${sent} queries were not answered`]),
    ...Object.entries(others).map(([code, count]) => `${count} of ${sent} queries: ${code}`),
    ...(answered > 0 ? [] : ['no query was answered']),
  ]
}
