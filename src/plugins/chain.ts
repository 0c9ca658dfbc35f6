import type { Plugin, PluginName } from '../config/corefile/plugin.ts'
import { rcodes } from '../dns/answer.ts'
import { pluginsNamed, type Block } from './block.ts'
import { cachePlugin } from './cache.ts'
import { errorsPlugin } from './errors.ts'
import { forwardPlugin } from './forward.ts'
import type { Handler } from './handler.ts'
import { kubernetesPlugin } from './kubernetes.ts'
import { logPlugin } from './log.ts'
import { loopPlugin } from './loop.ts'
import { transferPlugin } from './transfer.ts'

/** Makes the handler of the plugins of one name in a block, several where it may repeat. */
type Link<Name extends PluginName> = (plugins: readonly Named<Name>[], next: Handler, block: Block) => Handler

type Named<Name extends PluginName> = Extract<Plugin, { readonly name: Name }>

/** What the plugins of a block make of a query, each handing on to the next what it does not answer. */
export function chainOf(block: Block): Handler {
  const names: readonly PluginName[] = [...new Set(block.plugins.map(({ name }) => name))]
  return names.reduceRight((next, name) => link(name, pluginsNamed(block.plugins, name), next, block), endOfChain)
}

/** What no plugin answers fails, as in CoreDNS. */
const endOfChain: Handler = () => ({ kind: 'rcode', rcode: rcodes.SERVFAIL, reason: 'no plugin answered' })

/** Plugins that say something of the server and leave queries alone. */
const aside = (_plugins: unknown, next: Handler): Handler => next

/** PLUGINS THAT ARE NOT BUILT YET: queries pass them by. */
const pending = aside

const links: { readonly [Name in PluginName]: Link<Name> } = {
  reload: aside,
  bufsize: pending,
  bind: aside,
  ready: aside,
  health: aside,
  prometheus: aside,
  errors: errorsPlugin,
  log: logPlugin,
  any: pending,
  loadbalance: pending,
  rewrite: pending,
  autopath: pending,
  acl: pending,
  cache: cachePlugin,
  header: pending,
  minimal: pending,
  template: pending,
  transfer: transferPlugin,
  hosts: pending,
  k8s_external: pending,
  kubernetes: kubernetesPlugin,
  loop: loopPlugin,
  forward: forwardPlugin,
  whoami: pending,
}

function link<Name extends PluginName>(
  name: Name,
  plugins: readonly Named<Name>[],
  next: Handler,
  block: Block,
): Handler {
  return links[name](plugins, next, block)
}
