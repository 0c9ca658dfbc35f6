import type { Directive } from './directive.ts'
import { readAcl, type Acl } from './plugins/acl.ts'
import { readAutopath, type Autopath } from './plugins/autopath.ts'
import { readBind, type Bind } from './plugins/bind.ts'
import { readBufsize, type Bufsize } from './plugins/bufsize.ts'
import { readCache, type Cache } from './plugins/cache.ts'
import { readErrors, type Errors } from './plugins/errors.ts'
import { readForward, type Forward } from './plugins/forward.ts'
import { readHeader, type Header } from './plugins/header.ts'
import { readHealth, type Health } from './plugins/health.ts'
import { readHosts, type Hosts } from './plugins/hosts.ts'
import { readK8sExternal, type K8sExternal } from './plugins/k8s-external.ts'
import { readKubernetes, type Kubernetes } from './plugins/kubernetes.ts'
import { readLoadbalance, type Loadbalance } from './plugins/loadbalance.ts'
import { readLog, type Log } from './plugins/log.ts'
import { readLoop, type Loop } from './plugins/loop.ts'
import { readPrometheus, type Prometheus } from './plugins/prometheus.ts'
import { readReady, type Ready } from './plugins/ready.ts'
import { readReload, type Reload } from './plugins/reload.ts'
import { readRewrite, type Rewrite } from './plugins/rewrite.ts'
import { readSwitch, type Switch } from './plugins/switch.ts'
import { readTemplate, type Template } from './plugins/template.ts'
import { readTransfer, type Transfer } from './plugins/transfer.ts'

/** A plugin with all its options; those that the Corefile does not set have CoreDNS' own values. */
export type Plugin =
  | Acl
  | Autopath
  | Bind
  | Bufsize
  | Cache
  | Errors
  | Forward
  | Header
  | Health
  | Hosts
  | K8sExternal
  | Kubernetes
  | Loadbalance
  | Log
  | Loop
  | Prometheus
  | Ready
  | Reload
  | Rewrite
  | Switch<'any'>
  | Switch<'minimal'>
  | Switch<'whoami'>
  | Template
  | Transfer

export type PluginName = Plugin['name']

interface Reader {
  /** Undefined when it cannot be read; then there is a problem. */
  readonly read: (directive: Directive) => Plugin | undefined
  /** May stand in one server block several times. */
  readonly repeats?: true
}

/** In the order in which a query meets them, which is CoreDNS' and not that of the file. Source: CoreDNS, plugin.cfg. */
export const plugins = {
  reload: { read: readReload },
  bufsize: { read: readBufsize },
  bind: { read: readBind, repeats: true },
  ready: { read: readReady },
  health: { read: readHealth },
  prometheus: { read: readPrometheus },
  errors: { read: readErrors },
  log: { read: readLog, repeats: true },
  any: { read: readSwitch('any') },
  loadbalance: { read: readLoadbalance },
  rewrite: { read: readRewrite, repeats: true },
  autopath: { read: readAutopath },
  acl: { read: readAcl, repeats: true },
  cache: { read: readCache },
  header: { read: readHeader },
  minimal: { read: readSwitch('minimal') },
  template: { read: readTemplate, repeats: true },
  transfer: { read: readTransfer, repeats: true },
  hosts: { read: readHosts },
  k8s_external: { read: readK8sExternal },
  kubernetes: { read: readKubernetes },
  loop: { read: readLoop },
  forward: { read: readForward, repeats: true },
  whoami: { read: readSwitch('whoami') },
} as const satisfies Readonly<Record<PluginName, Reader>>
