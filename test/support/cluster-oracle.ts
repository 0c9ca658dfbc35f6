import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf } from '../../src/host/lab/addresses.ts'
import { runAgent } from './agent.ts'
import { pointsman } from './command-line.ts'
import { nodeOptions, type TestCluster } from './test-cluster.ts'

const kinds = 'services,endpointslices,namespaces,nodes,pods'
const freshPort = 5399

/**
 * What differs between the node and what the API server says now: the lines of `diff` against the kernel, or, where there are
 * none, the records of DNS against those of an agent that starts from a file that kubectl wrote. Empty where nothing does.
 */
export async function differences(cluster: TestCluster, skip: readonly string[] = []): Promise<readonly string[]> {
  const items = await listed(cluster, skip)
  const file = join(cluster.parts.directory, 'listing.json')
  await writeFile(file, JSON.stringify({ kind: 'List', apiVersion: 'v1', items }))
  const rules = await kernelDifferences(cluster, file)
  // Whoever waits until nothing differs asks again: half of the answer is enough.
  const found = rules.length > 0 ? rules : await nameDifferences(cluster, file)
  const now = await listed(cluster, skip)
  return JSON.stringify(now) === JSON.stringify(items) ? found : ['the cluster changed meanwhile', ...found]
}

/** What kubectl gets, without the objects of the names in `skip`. */
async function listed({ parts: { kubectl } }: TestCluster, skip: readonly string[]): Promise<readonly Listed[]> {
  const list: { readonly items: readonly Listed[] } = JSON.parse(
    await kubectl(['get', kinds, '--all-namespaces', '--output=json']),
  )
  return list.items.filter(({ metadata }) => !skip.includes(metadata.name))
}

interface Listed {
  readonly metadata: { readonly name: string }
}

async function kernelDifferences({ parts: { lab } }: TestCluster, file: string): Promise<readonly string[]> {
  const namespace = lab.namespaceOf('node')
  const { exitCode, stdout, stderr } = await pointsman(['diff', '-f', file, ...nodeOptions], { namespace })
  return exitCode === 0 ? [] : [`diff ended with ${exitCode}`, ...`${stdout}${stderr}`.trim().split('\n')]
}

async function nameDifferences(cluster: TestCluster, file: string): Promise<readonly string[]> {
  const { lab, directory } = cluster.parts
  const dns = ['--no-proxy', '--corefile', join(directory, 'Corefile'), '--dns-listen', `127.0.0.1:${freshPort}`]
  const fresh = runAgent({ name: lab.namespaceOf('node') }, ['-f', file, ...nodeOptions, ...dns])
  try {
    await fresh.line(({ msg }) => msg === 'answering DNS')
    const [wanted, found] = [await records(cluster, '127.0.0.1', freshPort), await records(cluster, nodeAddress, 53)]
    return [
      ...wanted.filter((record) => !found.includes(record)).map((record) => `DNS lacks ${record}`),
      ...found.filter((record) => !wanted.includes(record)).map((record) => `DNS still has ${record}`),
    ]
  } finally {
    await fresh.end('SIGKILL')
  }
}

const nodeAddress = addressOf('node', 'IPv4')

/** Every record of the cluster's zone as dig gets them, but the SOA, whose serial is each agent's own. */
async function records({ parts: { lab } }: TestCluster, address: string, port: number): Promise<readonly string[]> {
  const question = ['cluster.local', 'AXFR', '+noall', '+answer', '+onesoa', '+time=5', '+tries=2']
  const text = await lab.exec('node', 'dig', [`@${address}`, '-p', String(port), ...question])
  const lines = text.split('\n').map((line) => line.replaceAll(/\s+/g, ' '))
  return lines.filter((line) => line !== '' && !line.startsWith(';') && !line.includes(' SOA '))
}
