import type { Corefile, ServerBlock } from '../../../src/config/corefile/corefile.ts'
import type { LabelRequirement } from '../../../src/model/label-selector.ts'
import type { ListenAddress } from '../../../src/config/corefile/listen-address.ts'
import type { Plugin } from '../../../src/config/corefile/plugin.ts'
import type { CacheStore } from '../../../src/config/corefile/plugins/cache.ts'
import type { NameMatch } from '../../../src/config/corefile/plugins/name-match.ts'
import type { Rewrite } from '../../../src/config/corefile/plugins/rewrite.ts'
import type { RewritePart } from '../../../src/config/corefile/rewrite-text.ts'
import type { TemplatePart } from '../../../src/config/corefile/template-text.ts'
import type { Upstream } from '../../../src/config/corefile/upstream.ts'

/** A Corefile that says the same, with every option written out. */
export function printCorefile({ blocks }: Corefile): string {
  return blocks.map(printBlock).join('\n')
}

function printBlock({ zones, plugins }: ServerBlock): string {
  const keys = zones.map(({ zone, port }) => `${zone}:${port}`).join(' ')
  return `${keys} {\n${plugins.map(printPlugin).join('\n')}\n}\n`
}

function printPlugin(plugin: Plugin): string {
  const { name } = plugin
  switch (plugin.name) {
    case 'any':
    case 'minimal':
    case 'whoami':
    case 'loop':
      return name
    case 'acl':
      return block(
        [name, ...plugin.zones],
        plugin.policies.map(({ action, types, networks }) => [
          action,
          'type',
          ...(types.length > 0 ? types.map((type) => type.name) : ['*']),
          'net',
          ...(networks.length > 0 ? networks.map((network) => network.text) : ['*']),
        ]),
      )
    case 'autopath':
      return line([
        name,
        ...plugin.zones,
        plugin.searchList.kind === 'kubernetes' ? '@kubernetes' : plugin.searchList.path,
      ])
    case 'bind': {
      const targets = (list: typeof plugin.listen) =>
        list.map((target) => (target.kind === 'address' ? target.address : target.name))
      return block([name, ...targets(plugin.listen)], [['except', ...targets(plugin.except)]].filter(hasWords))
    }
    case 'bufsize':
      return line([name, plugin.size])
    case 'cache':
      return printCache(plugin)
    case 'errors':
      return block(
        [name],
        [
          ...(plugin.stacktrace ? [['stacktrace']] : []),
          ...plugin.consolidate.map(({ periodMs, pattern, level, showFirst }) => [
            'consolidate',
            ms(periodMs),
            pattern.text,
            level,
            ...(showFirst ? ['show_first'] : []),
          ]),
        ],
      )
    case 'forward':
      return printForward(plugin)
    case 'header':
      return block(
        [name],
        (['query', 'response'] as const).flatMap((part) =>
          plugin[part].map(({ flag, value }) => [part, value ? 'set' : 'clear', flag]),
        ),
      )
    case 'health':
      return block([name, listen(plugin.listen)], [['lameduck', ms(plugin.lameduckMs)]])
    case 'ready':
      return block([name, listen(plugin.listen)], [['monitor', plugin.monitor]])
    case 'prometheus':
      return block([name, listen(plugin.listen)], plugin.runtimeMetrics ? [['runtime_metrics']] : [])
    case 'hosts':
      return block(
        [name, plugin.file, ...plugin.zones],
        [
          ...plugin.inline.map(({ address, names }) => [address, ...names]),
          ['ttl', plugin.ttl],
          ...(plugin.reverse ? [] : [['no_reverse']]),
          ['reload', ms(plugin.reloadMs)],
          ...[['fallthrough', ...plugin.fallthrough]].filter(hasWords),
          ...(plugin.fallthroughUnsupported ? [['fallthrough_unsupported']] : []),
        ],
      )
    case 'k8s_external':
      return block(
        [name, ...plugin.zones],
        [
          ['ttl', plugin.ttl],
          ['apex', plugin.apex],
          ...(plugin.headless ? [['headless']] : []),
          ...[['fallthrough', ...plugin.fallthrough]].filter(hasWords),
        ],
      )
    case 'kubernetes':
      return printKubernetes(plugin)
    case 'loadbalance':
      return block([name, 'round_robin'], [['prefer', ...plugin.prefer.map(({ text }) => text)]].filter(hasWords))
    case 'log': {
      const format = plugin.format.map((part) =>
        part.kind === 'text' ? part.text : part.kind === 'field' ? `{${part.field}}` : `{/${part.label}}`,
      )
      return block([name, ...plugin.zones, format.join('')], [['class', ...plugin.classes]])
    }
    case 'reload':
      return line([name, ms(plugin.intervalMs), ms(plugin.jitterMs)])
    case 'rewrite':
      return line([name, plugin.mode, ...ruleWords(plugin)])
    case 'template':
      return block(
        [name, plugin.class.name, plugin.type.name, ...plugin.zones],
        [
          ...(['answer', 'authority', 'additional'] as const).flatMap((section) =>
            plugin[section].map((record) => [section, record.map(templatePart).join('')]),
          ),
          ['match', ...plugin.match.map(({ text }) => text)],
          ['rcode', plugin.rcode.name],
          ...(plugin.extendedError
            ? [['ederror', plugin.extendedError.code, plugin.extendedError.reason].filter((word) => word !== '')]
            : []),
          ...[['fallthrough', ...plugin.fallthrough]].filter(hasWords),
        ],
      )
    case 'transfer':
      return block(
        [name, ...plugin.zones],
        [
          ['to', ...plugin.to.map((target) => (target === '*' ? target : hostPort(target)))],
          ...(plugin.source === undefined ? [] : [['source', plugin.source]]),
        ],
      )
  }
}

function printCache(plugin: Plugin & { readonly name: 'cache' }): string {
  const { prefetch, serveStale } = plugin
  return block(
    ['cache', ...plugin.zones],
    [
      ['success', ...storeWords(plugin.success)],
      ['denial', ...storeWords(plugin.denial)],
      ['servfail', ms(plugin.servfailMs)],
      ['prefetch', prefetch.amount, ms(prefetch.gapMs), `${prefetch.percentage}%`],
      ...[
        ['disable', 'success', ...plugin.success.disabledZones],
        ['disable', 'denial', ...plugin.denial.disabledZones],
      ].filter((words) => words.length > 2),
      ...(plugin.keepTtl ? [['keepttl']] : []),
      ...(serveStale === undefined
        ? []
        : [
            [
              'serve_stale',
              ms(serveStale.maxAgeMs),
              serveStale.refresh,
              ...(serveStale.refresh === 'verify' ? [ms(serveStale.verifyTimeoutMs)] : []),
              `${serveStale.ttl}s`,
              ms(serveStale.recheckMs),
            ],
          ]),
      ...(serveStale?.preferPositive === true ? [['serve_stale_policy', 'prefer_positive']] : []),
    ],
  )
}

function storeWords({ capacity, ttl, minTtl }: CacheStore): readonly number[] {
  return [capacity, ttl, minTtl]
}

function printForward(plugin: Plugin & { readonly name: 'forward' }): string {
  const { healthCheck, tls } = plugin
  return block(
    ['forward', plugin.from, ...plugin.to.map(printUpstream)],
    [
      ...[['except', ...plugin.except]].filter(hasWords),
      ...(plugin.protocol === 'tcp' ? [['force_tcp']] : plugin.protocol === 'prefer-udp' ? [['prefer_udp']] : []),
      ['expire', ms(plugin.expireMs)],
      ['max_age', ms(plugin.maxAgeMs)],
      ['max_idle_conns', plugin.maxIdleConnections],
      ['read_timeout', ms(plugin.readTimeoutMs)],
      ['max_fails', plugin.maxFails],
      ...(plugin.maxConnectAttempts === undefined ? [] : [['max_connect_attempts', plugin.maxConnectAttempts]]),
      [
        'tls',
        ...(tls.client ? [tls.client.certificate, tls.client.key] : []),
        ...(tls.authority === undefined ? [] : [tls.authority]),
      ],
      ...(tls.serverName === undefined ? [] : [['tls_servername', tls.serverName]]),
      ['policy', plugin.policy],
      [
        'health_check',
        ms(healthCheck.intervalMs),
        ...(healthCheck.recursionDesired ? [] : ['no_rec']),
        'domain',
        healthCheck.domain,
      ],
      ['max_concurrent', plugin.maxConcurrent],
      ...[['next', ...plugin.nextCodes.map((code) => code.name)]].filter(hasWords),
      ...(plugin.nextOnNodata ? [['next_on_nodata']] : []),
      ...[['failover', ...plugin.failoverCodes.map((code) => code.name)]].filter(hasWords),
      ...(plugin.failFast ? [['failfast_all_unhealthy_upstreams']] : []),
      ...(plugin.sourceAddress === undefined ? [] : [['source_address', plugin.sourceAddress]]),
      ...[['resolver', ...plugin.resolvers.map(hostPort)]].filter(hasWords),
    ],
  )
}

function printUpstream(upstream: Upstream): string {
  if (upstream.kind === 'resolv.conf') return upstream.path
  const zone = upstream.serverName ?? (upstream.kind === 'address' ? upstream.interface : undefined)
  const host = `${upstream.kind === 'address' ? upstream.address : upstream.host}${zone === undefined ? '' : `%${zone}`}`
  return `${upstream.transport}://${host.includes(':') ? `[${host}]` : host}:${upstream.port}`
}

function printKubernetes(plugin: Plugin & { readonly name: 'kubernetes' }): string {
  const { endpoint, tls, kubeconfig, qps, burst, maxInflight } = plugin.api
  return block(
    ['kubernetes', ...plugin.zones],
    [
      ...(endpoint === undefined ? [] : [['endpoint', endpoint]]),
      ...(tls === undefined ? [] : [['tls', tls.certificate, tls.key, tls.authority]]),
      ...(kubeconfig === undefined
        ? []
        : [['kubeconfig', kubeconfig.path, ...(kubeconfig.context === undefined ? [] : [kubeconfig.context])]]),
      ['apiserver_qps', qps],
      ['apiserver_burst', burst],
      ['apiserver_max_inflight', maxInflight],
      ...[['namespaces', ...plugin.namespaces]].filter(hasWords),
      ...(plugin.namespaceLabels.length > 0
        ? [['namespace_labels', plugin.namespaceLabels.map(requirement).join()]]
        : []),
      ...(plugin.labels.length > 0 ? [['labels', plugin.labels.map(requirement).join()]] : []),
      ['pods', plugin.pods],
      ...(plugin.endpointPodNames ? [['endpoint_pod_names']] : []),
      ['ttl', plugin.ttl],
      ...(plugin.endpoints ? [] : [['noendpoints']]),
      ...[['fallthrough', ...plugin.fallthrough]].filter(hasWords),
      ...(plugin.ignoreEmptyServices ? [['ignore', 'empty_service']] : []),
      ...(plugin.zonal ? [['zonal']] : []),
      ['startup_timeout', ms(plugin.startupTimeoutMs)],
    ],
  )
}

function requirement(label: LabelRequirement): string {
  switch (label.operator) {
    case 'Exists':
      return label.key
    case 'DoesNotExist':
      return `!${label.key}`
    case 'In':
    case 'NotIn':
      return `${label.key} ${label.operator.toLowerCase()} (${label.values.join()})`
  }
}

function ruleWords({ rule }: Rewrite): readonly string[] {
  switch (rule.kind) {
    case 'type':
    case 'class':
      return [rule.kind, rule.from.name, rule.to.name]
    case 'ttl':
      return ['ttl', ...match(rule.match), `${rule.min}-${rule.max}`]
    case 'name': {
      const answers = rule.answers.flatMap(({ part, from, to }) => ['answer', part, from.text, replacement(to)])
      return ['name', ...match(rule.match), replacement(rule.to), ...(rule.auto ? ['answer', 'auto'] : []), ...answers]
    }
  }
}

function match(name: NameMatch): readonly string[] {
  return [name.kind, name.kind === 'regex' ? name.pattern.text : name.text]
}

function replacement(parts: readonly RewritePart[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : `{${part.group}}`)).join('')
}

function templatePart(part: TemplatePart): string {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'field':
      return `{{ .${part.field} }}`
    case 'group':
      return `{{ index .Group "${part.group}" }}`
  }
}

function listen({ host, port }: ListenAddress): string {
  return hostPort({ host, port })
}

function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function ms(duration: number): string {
  return `${duration}ms`
}

function hasWords(words: readonly unknown[]): boolean {
  return words.length > 1
}

function block(head: readonly (string | number)[], options: readonly (readonly (string | number)[])[]): string {
  return options.length === 0 ? line(head) : `${line(head)} {\n${options.map(line).join('\n')}\n}`
}

function line(words: readonly (string | number)[]): string {
  return words
    .map((word) => (/^[^\s"#{}]+$/.test(`${word}`) ? `${word}` : `"${`${word}`.replaceAll('"', '\\"')}"`))
    .join(' ')
}
