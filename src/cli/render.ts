import { Option, type Command } from 'commander'
import { conflictLines } from '../agent/conflict-report.ts'
import { iptablesDocuments, ipvsDocuments, nodeLocalDocuments, zoneDocument } from '../agent/documents.ts'
import type { Family } from '../net/family.ts'
import { nodeLocalAddresses } from '../plan/node-local-dns.ts'
import { ipvsOptions, rulesetOptions } from './agent-settings.ts'
import { readCluster } from './cluster-state.ts'
import { Failure } from './failure.ts'
import {
  addClusterOptions,
  addFamilyOption,
  addNodeLocalOption,
  wantedFamilies,
  zoneOptions,
  type ClusterOptions,
  type NodeLocalOptions,
} from './options.ts'
import { print } from './output.ts'
import { hideKernelOptions } from './setting-options.ts'
import { readSettings } from './settings.ts'

interface RenderOptions extends ClusterOptions, NodeLocalOptions {
  readonly family?: Family
  readonly output: 'text' | 'json'
  readonly document?: string
}

export function addRender(program: Command): void {
  const command = program.command('render').description('print what would be programmed and answered')
  addNodeLocalOption(addFamilyOption(hideKernelOptions(addClusterOptions(command))))
    .addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .option('--document <name>', 'exactly the bytes of this document')
    .action(render)
}

async function render(options: RenderOptions): Promise<void> {
  const { nodeLocalDns } = options
  const settings = await readSettings(options)
  const state = await readCluster(options, settings)
  for (const line of conflictLines(state.claims)) console.error(line)
  const families = wantedFamilies(options)
  const documents = [
    ...(settings.mode === 'ipvs'
      ? ipvsDocuments(state, families, ipvsOptions(settings))
      : iptablesDocuments(state, families, rulesetOptions(settings))),
    zoneDocument(state, zoneOptions(options)),
    ...(nodeLocalDns === undefined
      ? []
      : nodeLocalDocuments(nodeLocalDns === true ? nodeLocalAddresses(state) : nodeLocalDns, families)),
  ]
  if (options.document !== undefined) {
    const document = documents.find(({ name }) => name === options.document)
    if (document === undefined) {
      const names = documents.map(({ name }) => name).join(', ')
      throw new Failure(`There is no document "${options.document}"; there are ${names}`)
    }
    return print(document.text)
  }
  if (options.output === 'json') {
    return print(`${JSON.stringify({ apiVersion: 'pointsman/v1', kind: 'Ruleset', documents }, undefined, 2)}\n`)
  }
  return print(documents.map(({ name, text }) => `# ${name}\n${text}`).join(''))
}
