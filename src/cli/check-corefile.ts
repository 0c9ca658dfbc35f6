import { Option, type Command } from 'commander'
import { readCorefile } from '../agent/corefile-files.ts'
import type { Corefile, ServerBlock } from '../config/corefile/corefile.ts'
import type { BindTarget } from '../config/corefile/plugins/bind.ts'
import { print } from './output.ts'

interface CheckOptions {
  readonly output: 'text' | 'json'
}

export function addCheckCorefile(program: Command): void {
  program
    .command('check-corefile')
    .description('read a Corefile of CoreDNS and say what it serves, or all that is wrong with it; starts nothing')
    .argument('[file]', 'a Corefile, a ConfigMap that holds one, or -', 'Corefile')
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .action(checkCorefile)
}

async function checkCorefile(path: string, { output }: CheckOptions): Promise<void> {
  const corefile = await readCorefile(path)
  if (output === 'text') return print(`${path}: OK, ${describe(corefile)}\n`)
  return print(`${JSON.stringify({ apiVersion: 'pointsman/v1', kind: 'Corefile', ...corefile }, undefined, 2)}\n`)
}

/** `.:53 (errors, cache, forward); corp.example:53 on 169.254.20.10 (forward)`. */
function describe({ blocks }: Corefile): string {
  return blocks.map(describeBlock).join('; ')
}

function describeBlock({ zones, plugins }: ServerBlock): string {
  const keys = zones.map(({ zone, port }) => `${zone === '.' ? zone : zone.slice(0, -1)}:${port}`).join(' ')
  const targets = plugins.flatMap((plugin) => (plugin.name === 'bind' ? plugin.listen : []))
  const on = targets.length === 0 ? '' : ` on ${targets.map(targetName).join(' ')}`
  return `${keys}${on} (${[...new Set(plugins.map(({ name }) => name))].join(' ')})`
}

function targetName(target: BindTarget): string {
  return target.kind === 'address' ? target.address : target.name
}
