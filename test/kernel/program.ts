import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { podCidr } from '../../src/host/lab/addresses.ts'
import { startAgent } from '../../src/host/lab/agent-process.ts'
import type { Lab } from '../../src/host/lab/lab.ts'

export interface Program {
  /** Resolves when the kernel has the rules of these objects. */
  update(manifests: readonly unknown[]): Promise<void>
  /** Ends the agent; its rules stay. */
  stop(): Promise<void>
}

/** Starts the real agent on the node of a lab with these objects, and these options besides the usual ones. */
export async function programCluster(
  lab: Lab,
  manifests: readonly unknown[],
  options: readonly string[] = [],
): Promise<Program> {
  const directory = await mkdtemp(join(tmpdir(), 'pointsman-test-'))
  const write = async (items: readonly unknown[]) => {
    const file = join(directory, 'cluster.json')
    await writeFile(`${file}.new`, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    await rename(`${file}.new`, file)
  }
  await write(manifests)
  const podCidrs = `${podCidr.IPv4},${podCidr.IPv6}`
  const args = ['-f', directory, '--no-dns', '--node', 'lab-node', '--cluster-cidr', podCidrs, ...options]
  const agent = startAgent(lab, resolve('src/main.ts'), args)
  const bothFamilies = () => Promise.all([agent.programmed('IPv4'), agent.programmed('IPv6')])
  await bothFamilies()
  return {
    async update(objects) {
      const programmed = bothFamilies()
      await write(objects)
      await programmed
    },
    async stop() {
      await agent.stop()
      await rm(directory, { recursive: true })
    },
  }
}
