import type { Plugin, PluginName } from '../config/corefile/plugin.ts'
import { rcodes } from '../dns/answer.ts'
import { acl, type Action } from './acl.ts'
import { any } from './any.ts'
import { autopathPlugin } from './autopath.ts'
import { pluginsNamed, type Block } from './block.ts'
import { cachePlugin } from './cache.ts'
import { errorsPlugin } from './errors.ts'
import { forwardPlugin } from './forward.ts'
import type { Handler } from './handler.ts'
import { header } from './header.ts'
import { hosts } from './hosts.ts'
import { externalPlugin, kubernetesPlugin } from './kubernetes.ts'
import { loadbalance } from './loadbalance.ts'
import { logPlugin } from './log.ts'
import { loopPlugin } from './loop.ts'
import { minimal } from './minimal.ts'
import { rewrite } from './rewrite.ts'
import { template } from './template.ts'
import { transferPlugin } from './transfer.ts'
import { whoami } from './whoami.ts'

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

/** Plugins that say something of the server, or of a query before the first plugin sees it. */
const aside = (_plugins: unknown, next: Handler): Handler => next

/** The one directive of a plugin that stands in a block once. */
function single<Name extends PluginName>(
  make: (options: Named<Name>, next: Handler, block: Block) => Handler,
): Link<Name> {
  return ([options], next, block) => (options === undefined ? next : make(options, next, block))
}

const links: { readonly [Name in PluginName]: Link<Name> } = {
  reload: aside,
  bufsize: aside,
  bind: aside,
  ready: aside,
  health: aside,
  prometheus: aside,
  errors: errorsPlugin,
  log: logPlugin,
  any: (_, next) => any(next),
  loadbalance: single((options, next, { environment }) => loadbalance(options, next, environment.random)),
  rewrite,
  autopath: single(autopathPlugin),
  acl: (directives, next, block) => acl(directives, next, (action, zone) => countAcl(block, action, zone)),
  cache: cachePlugin,
  header: single(header),
  minimal: (_, next) => minimal(next),
  template: (directives, next, { ask, server, environment }) =>
    template(directives, next, ask, (labels) => {
      environment.observe({ kind: 'counted', what: 'templateMatches', labels: [server, ...labels] })
    }),
  transfer: transferPlugin,
  hosts: single((options, next, { environment }) => hosts(options, next, () => environment.hostsTable(options))),
  k8s_external: externalPlugin,
  kubernetes: kubernetesPlugin,
  loop: loopPlugin,
  forward: forwardPlugin,
  whoami: () => whoami(),
}

function link<Name extends PluginName>(
  name: Name,
  plugins: readonly Named<Name>[],
  next: Handler,
  block: Block,
): Handler {
  return links[name](plugins, next, block)
}

const aclCounts = { allow: 'aclAllowed', block: 'aclBlocked', drop: 'aclDropped', filter: 'aclFiltered' } as const

function countAcl({ server, environment }: Block, action: Action, zone: string): void {
  // As in CoreDNS: what passes is counted for all zones together.
  const labels = action === 'allow' ? [server, ''] : [server, zone, '']
  environment.observe({ kind: 'counted', what: aclCounts[action], labels })
}
