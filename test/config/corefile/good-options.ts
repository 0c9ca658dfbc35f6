import type { Plugin } from '../../../src/config/corefile/plugin.ts'

const NXDOMAIN = { name: 'NXDOMAIN', number: 3 }
const SERVFAIL = { name: 'SERVFAIL', number: 2 }
const REFUSED = { name: 'REFUSED', number: 5 }
const A = { name: 'A', number: 1 }
const AAAA = { name: 'AAAA', number: 28 }
const IN = { name: 'IN', number: 1 }
const text = (value: string) => ({ kind: 'text', text: value })
const group = (value: number) => ({ kind: 'group', group: value })
const field = (value: string) => ({ kind: 'field', field: value })
const anything = { text: '.*', source: String.raw`[^\n]*`, groups: [] }

/** Each plugin alone: everything that it stands for, none left out. Surrounded by `example.org { }`. */
export const defaults: readonly (readonly [string, Plugin])[] = [
  ['acl', { name: 'acl', zones: ['example.org.'], policies: [] }],
  ['any', { name: 'any' }],
  ['minimal', { name: 'minimal' }],
  ['whoami', { name: 'whoami' }],
  ['loop', { name: 'loop', zone: 'example.org.' }],
  ['bind lo', { name: 'bind', listen: [{ kind: 'interface', name: 'lo' }], except: [] }],
  ['bufsize', { name: 'bufsize', size: 1232 }],
  ['errors', { name: 'errors', stacktrace: false, consolidate: [] }],
  ['health', { name: 'health', listen: { host: '', port: 8080 }, lameduckMs: 0 }],
  ['ready', { name: 'ready', listen: { host: '', port: 8181 }, monitor: 'until-ready' }],
  ['prometheus', { name: 'prometheus', listen: { host: 'localhost', port: 9153 }, runtimeMetrics: false }],
  ['reload', { name: 'reload', intervalMs: 30_000, jitterMs: 15_000 }],
  ['loadbalance', { name: 'loadbalance', prefer: [] }],
  ['transfer {\n to *\n}', { name: 'transfer', zones: ['example.org.'], to: ['*'] }],
  [
    'autopath /etc/resolv.conf',
    { name: 'autopath', zones: ['example.org.'], searchList: { kind: 'resolv.conf', path: '/etc/resolv.conf' } },
  ],
  [
    'cache',
    {
      name: 'cache',
      zones: ['example.org.'],
      success: { capacity: 10_000, ttl: 3600, minTtl: 5, disabledZones: [] },
      denial: { capacity: 10_000, ttl: 1800, minTtl: 5, disabledZones: [] },
      servfailMs: 5000,
      prefetch: { amount: 0, gapMs: 60_000, percentage: 10 },
      keepTtl: false,
    },
  ],
  [
    'forward . /etc/resolv.conf',
    {
      name: 'forward',
      from: '.',
      to: [{ kind: 'resolv.conf', path: '/etc/resolv.conf' }],
      except: [],
      protocol: 'client',
      policy: 'random',
      expireMs: 10_000,
      maxAgeMs: 0,
      maxIdleConnections: 0,
      readTimeoutMs: 2000,
      maxFails: 2,
      healthCheck: { intervalMs: 500, recursionDesired: true, domain: '.' },
      maxConcurrent: 0,
      nextCodes: [],
      nextOnNodata: false,
      failoverCodes: [],
      failFast: false,
      tls: {},
      resolvers: [],
    },
  ],
  [
    'hosts',
    {
      name: 'hosts',
      file: '/etc/hosts',
      zones: ['example.org.'],
      inline: [],
      ttl: 3600,
      reverse: true,
      reloadMs: 5000,
      fallthrough: [],
      fallthroughUnsupported: false,
    },
  ],
  [
    'kubernetes',
    {
      name: 'kubernetes',
      zones: ['example.org.'],
      primaryZone: 'example.org.',
      api: { qps: 0, burst: 0, maxInflight: 0 },
      namespaces: [],
      namespaceLabels: [],
      labels: [],
      pods: 'disabled',
      endpointPodNames: false,
      ttl: 5,
      endpoints: true,
      fallthrough: [],
      ignoreEmptyServices: false,
      multicluster: [],
      zonal: false,
      startupTimeoutMs: 5000,
    },
  ],
  [
    'template ANY ANY',
    {
      name: 'template',
      class: { name: 'ANY', number: 255 },
      type: { name: 'ANY', number: 255 },
      zones: ['example.org.'],
      match: [anything],
      answer: [],
      authority: [],
      additional: [],
      rcode: { name: 'NOERROR', number: 0 },
      fallthrough: [],
    },
  ],
]

/** One plugin inside `. { }`, and the fields that its words set. */
export const goodOptions: readonly (readonly [string, object])[] = [
  // acl
  ['acl a.org 10.0.0.0/15 {\n block\n}', { zones: ['a.org.', '0.10.in-addr.arpa.', '1.10.in-addr.arpa.'] }],
  ['acl {\n block\n}', { policies: [{ action: 'block', types: [], networks: [] }] }],
  ['acl {\n allow type A aaaa\n}', { policies: [{ action: 'allow', types: [A, AAAA], networks: [] }] }],
  [
    'acl {\n filter type A net 10.0.0.0/8 192.0.2.1 2001:db8::1\n DROP net *\n}',
    {
      policies: [
        {
          action: 'filter',
          types: [A],
          networks: [
            { family: 'IPv4', network: '10.0.0.0', prefix: 8, text: '10.0.0.0/8' },
            { family: 'IPv4', network: '192.0.2.1', prefix: 32, text: '192.0.2.1/32' },
            { family: 'IPv6', network: '2001:db8::1', prefix: 128, text: '2001:db8::1/128' },
          ],
        },
        { action: 'drop', types: [], networks: [] },
      ],
    },
  ],
  // autopath
  ['autopath a.org b.org /etc/resolv.conf', { zones: ['a.org.', 'b.org.'] }],
  // bind
  [
    'bind 127.0.0.1 ::1 eth0.1 {\n except 127.0.0.1 lo\n}',
    {
      listen: [
        { kind: 'address', address: '127.0.0.1' },
        { kind: 'address', address: '::1' },
        { kind: 'interface', name: 'eth0.1' },
      ],
      except: [
        { kind: 'address', address: '127.0.0.1' },
        { kind: 'interface', name: 'lo' },
      ],
    },
  ],
  // bufsize
  ['bufsize 512', { size: 512 }],
  ['bufsize 4096', { size: 4096 }],
  // cache
  ['cache 30', { zones: ['.'], success: { ttl: 30 }, denial: { ttl: 30 } }],
  ['cache 30 a.org', { zones: ['a.org.'], success: { ttl: 30 } }],
  ['cache a.org b.org', { zones: ['a.org.', 'b.org.'], success: { ttl: 3600 } }],
  ['cache {\n success 5000\n}', { success: { capacity: 5000, ttl: 3600, minTtl: 5 } }],
  [
    'cache 60 {\n success 5000 30 0\n denial 100 5 1\n}',
    { success: { capacity: 5000, ttl: 30, minTtl: 0 }, denial: { capacity: 100, ttl: 5, minTtl: 1 } },
  ],
  ['cache 60 {\n denial 100\n}', { denial: { capacity: 100, ttl: 60 } }],
  ['cache {\n prefetch 3\n}', { prefetch: { amount: 3, gapMs: 60_000, percentage: 10 } }],
  ['cache {\n prefetch 3 1m30s\n}', { prefetch: { amount: 3, gapMs: 90_000, percentage: 10 } }],
  ['cache {\n prefetch 3 1m 90%\n}', { prefetch: { amount: 3, gapMs: 60_000, percentage: 90 } }],
  [
    'cache {\n serve_stale\n}',
    {
      serveStale: {
        maxAgeMs: 3_600_000,
        refresh: 'immediate',
        verifyTimeoutMs: 0,
        ttl: 0,
        recheckMs: 0,
        preferPositive: false,
      },
    },
  ],
  [
    'cache {\n serve_stale 30m Immediate 30s 1m\n}',
    { serveStale: { maxAgeMs: 1_800_000, refresh: 'immediate', ttl: 30, recheckMs: 60_000 } },
  ],
  [
    'cache {\n serve_stale 1h verify 200ms 30s 10s\n}',
    { serveStale: { refresh: 'verify', verifyTimeoutMs: 200, ttl: 30, recheckMs: 10_000 } },
  ],
  [
    'cache {\n serve_stale_policy prefer_positive\n serve_stale 1h verify\n}',
    { serveStale: { refresh: 'verify', verifyTimeoutMs: 0, preferPositive: true } },
  ],
  ['cache {\n servfail 0\n}', { servfailMs: 0 }],
  ['cache {\n servfail 5m\n}', { servfailMs: 300_000 }],
  ['cache {\n disable success\n}', { success: { disabledZones: ['.'] }, denial: { disabledZones: [] } }],
  ['cache {\n disable denial a.org 10.0.0.0/8\n}', { denial: { disabledZones: ['a.org.', '10.in-addr.arpa.'] } }],
  ['cache {\n keepttl\n}', { keepTtl: true }],
  ['cache {\n success 10\n success 20\n}', { success: { capacity: 20 } }],
  // errors
  ['errors stdout', { consolidate: [] }],
  ['errors {\n stacktrace\n}', { stacktrace: true }],
  [
    'errors {\n consolidate 5m ".* i/o timeout$"\n consolidate 30s "^Failed to .+" warning show_first\n}',
    {
      consolidate: [
        {
          periodMs: 300_000,
          level: 'error',
          showFirst: false,
          pattern: { text: '.* i/o timeout$', source: String.raw`[^\n]* i\/o timeout$`, groups: [] },
        },
        {
          periodMs: 30_000,
          level: 'warning',
          showFirst: true,
          pattern: { text: '^Failed to .+', source: String.raw`^Failed to [^\n]+`, groups: [] },
        },
      ],
    },
  ],
  ['errors {\n consolidate 1s x show_first\n}', { consolidate: [{ level: 'error', showFirst: true }] }],
  // forward
  [
    'forward a.org 10.0.0.1',
    { from: 'a.org.', to: [{ kind: 'address', transport: 'dns', address: '10.0.0.1', port: 53 }] },
  ],
  ['forward 10.1.0.0/16 10.0.0.1', { from: '1.10.in-addr.arpa.' }],
  ['forward 10.0.0.0/15 10.0.0.1', { from: '0.10.in-addr.arpa.' }],
  ['forward . dns://10.0.0.1:5300', { to: [{ kind: 'address', transport: 'dns', address: '10.0.0.1', port: 5300 }] }],
  ['forward . 2001:DB8::1', { to: [{ kind: 'address', address: '2001:db8::1', port: 53 }] }],
  ['forward . [2001:db8::1]:5300', { to: [{ kind: 'address', address: '2001:db8::1', port: 5300 }] }],
  ['forward . fe80::1%eth0', { to: [{ kind: 'address', address: 'fe80::1', interface: 'eth0', port: 53 }] }],
  ['forward . [fe80::1%eth0]:5300', { to: [{ kind: 'address', address: 'fe80::1', interface: 'eth0', port: 5300 }] }],
  ['forward . tls://9.9.9.9', { to: [{ kind: 'address', transport: 'tls', address: '9.9.9.9', port: 853 }] }],
  [
    'forward . tls://9.9.9.9%dns.quad9.net',
    { to: [{ transport: 'tls', address: '9.9.9.9', serverName: 'dns.quad9.net', port: 853 }] },
  ],
  [
    'forward . tls://9.9.9.9%dns.quad9.net:10853',
    { to: [{ transport: 'tls', serverName: 'dns.quad9.net', port: 10_853 }] },
  ],
  [
    'forward . tls://2620:fe::fe%dns.quad9.net',
    { to: [{ address: '2620:fe::fe', serverName: 'dns.quad9.net', port: 853 }] },
  ],
  [
    'forward . tls://[2620:fe::fe%dns.quad9.net]:953',
    { to: [{ address: '2620:fe::fe', serverName: 'dns.quad9.net', port: 953 }] },
  ],
  ['forward . ./resolv.conf', { to: [{ kind: 'resolv.conf', path: './resolv.conf' }] }],
  [
    'forward . dns.kube-system.svc.cluster.local:5353 10.0.0.1',
    {
      to: [
        { kind: 'host', transport: 'dns', host: 'dns.kube-system.svc.cluster.local.', port: 5353 },
        { address: '10.0.0.1' },
      ],
    },
  ],
  ['forward . tls://dns.quad9.net', { to: [{ kind: 'host', transport: 'tls', host: 'dns.quad9.net.', port: 853 }] }],
  [
    'forward . 10.0.0.1 {\n except a.org 10.0.0.0/8\n except b.org\n}',
    { except: ['a.org.', '10.in-addr.arpa.', 'b.org.'] },
  ],
  ['forward . 10.0.0.1 {\n force_tcp\n}', { protocol: 'tcp' }],
  ['forward . 10.0.0.1 {\n prefer_udp\n}', { protocol: 'prefer-udp' }],
  ['forward . 10.0.0.1 {\n force_tcp\n prefer_udp\n}', { protocol: 'tcp' }],
  ['forward . 10.0.0.1 {\n expire 20s\n max_age 1h\n}', { expireMs: 20_000, maxAgeMs: 3_600_000 }],
  ['forward . 10.0.0.1 {\n max_idle_conns 7\n read_timeout 500ms\n}', { maxIdleConnections: 7, readTimeoutMs: 500 }],
  ['forward . 10.0.0.1 {\n max_fails 0\n max_connect_attempts 0\n}', { maxFails: 0, maxConnectAttempts: 0 }],
  ['forward . 10.0.0.1 {\n tls\n tls_servername DNS.example.\n}', { tls: { serverName: 'dns.example' } }],
  [
    'forward . 10.0.0.1 {\n tls_servername dns.example\n tls /ca.pem\n}',
    { tls: { serverName: 'dns.example', authority: '/ca.pem' } },
  ],
  ['forward . 10.0.0.1 {\n tls /c.pem /k.pem\n}', { tls: { client: { certificate: '/c.pem', key: '/k.pem' } } }],
  [
    'forward . 10.0.0.1 {\n tls /c.pem /k.pem /ca.pem\n}',
    { tls: { client: { certificate: '/c.pem', key: '/k.pem' }, authority: '/ca.pem' } },
  ],
  ['forward . 10.0.0.1 {\n policy sequential\n}', { policy: 'sequential' }],
  ['forward . 10.0.0.1 {\n policy round_robin\n policy random\n}', { policy: 'random' }],
  [
    'forward . 10.0.0.1 {\n health_check 0.2s no_rec domain Example.org\n}',
    { healthCheck: { intervalMs: 200, recursionDesired: false, domain: 'example.org.' } },
  ],
  [
    'forward . 10.0.0.1 {\n health_check 1s domain a.org no_rec\n}',
    { healthCheck: { intervalMs: 1000, recursionDesired: false, domain: 'a.org.' } },
  ],
  ['forward . 10.0.0.1 {\n max_concurrent 1000\n}', { maxConcurrent: 1000 }],
  [
    'forward . 10.0.0.1 {\n next nxdomain\n next SERVFAIL\n next_on_nodata\n}',
    { nextCodes: [NXDOMAIN, SERVFAIL], nextOnNodata: true },
  ],
  [
    'forward . 10.0.0.1 {\n failover SERVFAIL refused\n failfast_all_unhealthy_upstreams\n}',
    { failoverCodes: [SERVFAIL, REFUSED], failFast: true },
  ],
  ['forward . 10.0.0.1 {\n source_address 192.0.2.1\n}', { sourceAddress: '192.0.2.1' }],
  [
    'forward . a.org {\n resolver 10.0.0.1 [2001:db8::1]:5300\n}',
    {
      resolvers: [
        { host: '10.0.0.1', port: 53 },
        { host: '2001:db8::1', port: 5300 },
      ],
    },
  ],
  // header
  [
    'header {\n response set ra AA\n Response CLEAR rd\n query set rd\n}',
    {
      response: [
        { flag: 'ra', value: true },
        { flag: 'aa', value: true },
        { flag: 'rd', value: false },
      ],
      query: [{ flag: 'rd', value: true }],
    },
  ],
  // health, ready, prometheus
  ['health 127.0.0.1:8081', { listen: { host: '127.0.0.1', port: 8081 } }],
  ['health [::1]:0 {\n lameduck 12s\n}', { listen: { host: '::1', port: 0 }, lameduckMs: 12_000 }],
  [
    'ready localhost:8282 {\n monitor continuously\n}',
    { listen: { host: 'localhost', port: 8282 }, monitor: 'continuously' },
  ],
  ['ready {\n monitor until-ready\n}', { monitor: 'until-ready' }],
  ['prometheus :9253 {\n runtime_metrics\n}', { listen: { host: '', port: 9253 }, runtimeMetrics: true }],
  // hosts
  ['hosts /etc/more.hosts a.org b.org', { file: '/etc/more.hosts', zones: ['a.org.', 'b.org.'] }],
  [
    'hosts {\n 10.0.0.1 a.org A.b.org\n 2001:db8::1 *.c.org\n fallthrough\n 10.0.0.2 d\n}',
    {
      inline: [
        { address: '10.0.0.1', names: ['a.org.', 'a.b.org.'] },
        { address: '2001:db8::1', names: ['*.c.org.'] },
        { address: '10.0.0.2', names: ['d.'] },
      ],
      fallthrough: ['.'],
    },
  ],
  ['hosts {\n ttl 65535\n no_reverse\n reload 0\n}', { ttl: 65_535, reverse: false, reloadMs: 0 }],
  [
    'hosts {\n fallthrough a.org\n fallthrough_unsupported\n}',
    { fallthrough: ['a.org.'], fallthroughUnsupported: true },
  ],
  // kubernetes
  [
    'kubernetes cluster.local 10.0.0.0/23 in-addr.arpa',
    {
      zones: ['cluster.local.', '0.0.10.in-addr.arpa.', '1.0.10.in-addr.arpa.', 'in-addr.arpa.'],
      primaryZone: 'cluster.local.',
    },
  ],
  ['kubernetes in-addr.arpa b.local a.local', { primaryZone: 'b.local.' }],
  ['kubernetes {\n endpoint https://a:6443 https://b:6443\n}', { api: { endpoint: 'https://a:6443' } }],
  ['kubernetes {\n tls cert key ca\n}', { api: { tls: { certificate: 'cert', key: 'key', authority: 'ca' } } }],
  ['kubernetes {\n kubeconfig /kube\n}', { api: { kubeconfig: { path: '/kube' } } }],
  ['kubernetes {\n kubeconfig /kube admin\n}', { api: { kubeconfig: { path: '/kube', context: 'admin' } } }],
  [
    'kubernetes {\n apiserver_qps 20.5\n apiserver_burst 40\n apiserver_max_inflight 3\n}',
    { api: { qps: 20.5, burst: 40, maxInflight: 3 } },
  ],
  ['kubernetes {\n namespaces a b\n namespaces b c\n}', { namespaces: ['a', 'b', 'c'] }],
  ['kubernetes {\n namespace_labels !legacy\n}', { namespaceLabels: [{ key: 'legacy', operator: 'DoesNotExist' }] }],
  [
    'kubernetes {\n labels environment in (production, qa),application=nginx, tier!=back,example.com/x,a notin (1),b==,!c\n}',
    {
      labels: [
        { key: 'environment', operator: 'In', values: ['production', 'qa'] },
        { key: 'application', operator: 'In', values: ['nginx'] },
        { key: 'tier', operator: 'NotIn', values: ['back'] },
        { key: 'example.com/x', operator: 'Exists' },
        { key: 'a', operator: 'NotIn', values: ['1'] },
        { key: 'b', operator: 'In', values: [''] },
        { key: 'c', operator: 'DoesNotExist' },
      ],
    },
  ],
  ['kubernetes {\n pods insecure\n endpoint_pod_names\n}', { pods: 'insecure', endpointPodNames: true }],
  ['kubernetes {\n pods verified\n pods disabled\n}', { pods: 'disabled' }],
  ['kubernetes {\n ttl 0\n}', { ttl: 0 }],
  ['kubernetes {\n ttl 3600\n noendpoints\n}', { ttl: 3600, endpoints: false }],
  ['kubernetes {\n fallthrough\n}', { fallthrough: ['.'] }],
  [
    'kubernetes {\n fallthrough in-addr.arpa 2001:db8::/31\n}',
    { fallthrough: ['in-addr.arpa.', '8.b.d.0.1.0.0.2.ip6.arpa.', '9.b.d.0.1.0.0.2.ip6.arpa.'] },
  ],
  [
    'kubernetes {\n ignore empty_service\n zonal\n startup_timeout 1m\n}',
    { ignoreEmptyServices: true, zonal: true, startupTimeoutMs: 60_000 },
  ],
  // loadbalance
  ['loadbalance round_robin', { prefer: [] }],
  [
    'loadbalance random {\n prefer 10.0.0.0/8 2001:db8::/32\n}',
    { prefer: [{ text: '10.0.0.0/8' }, { text: '2001:db8::/32' }] },
  ],
  // log
  ['log', { zones: ['.'], classes: ['all'] }],
  ['log a.org b.org', { zones: ['a.org.', 'b.org.'] }],
  [
    'log . "{type} {>id}x{/kubernetes/client-namespace}{other}"',
    {
      format: [
        field('type'),
        text(' '),
        field('>id'),
        text('x'),
        { kind: 'metadata', label: 'kubernetes/client-namespace' },
        text('{other}'),
      ],
    },
  ],
  [
    'log a.org {common} {\n class denial error denial\n}',
    {
      zones: ['a.org.'],
      classes: ['denial', 'error'],
      format: [
        field('remote'),
        text(':'),
        field('port'),
        text(' - '),
        field('>id'),
        text(' "'),
        field('type'),
        text(' '),
        field('class'),
        text(' '),
        field('name'),
        text(' '),
        field('proto'),
        text(' '),
        field('size'),
        text(' '),
        field('>do'),
        text(' '),
        field('>bufsize'),
        text('" '),
        field('rcode'),
        text(' '),
        field('>rflags'),
        text(' '),
        field('rsize'),
        text(' '),
        field('duration'),
      ],
    },
  ],
  // reload
  ['reload 2s', { intervalMs: 2000, jitterMs: 1000 }],
  ['reload 1m 0', { intervalMs: 60_000, jitterMs: 0 }],
  ['reload 10s 8s', { intervalMs: 10_000, jitterMs: 5000 }],
  // rewrite
  [
    'rewrite type ANY hinfo',
    { mode: 'stop', rule: { kind: 'type', from: { name: 'ANY', number: 255 }, to: { name: 'HINFO', number: 13 } } },
  ],
  [
    'rewrite Continue class CH in',
    { mode: 'continue', rule: { kind: 'class', from: { name: 'CH', number: 3 }, to: IN } },
  ],
  [
    'rewrite name a.org B.org',
    {
      mode: 'stop',
      rule: { kind: 'name', match: { kind: 'exact', text: 'a.org.' }, to: [text('b.org.')], auto: true, answers: [] },
    },
  ],
  ['rewrite stop name EXACT a.org b.org', { rule: { match: { kind: 'exact', text: 'a.org.' } } }],
  [
    'rewrite name prefix ftp. web.',
    { rule: { match: { kind: 'prefix', text: 'ftp.' }, to: [text('web.')], auto: false } },
  ],
  [
    'rewrite name suffix .schmoogle.com. .google.com. answer auto',
    { rule: { match: { kind: 'suffix', text: '.schmoogle.com.' }, to: [text('.google.com.')], auto: true } },
  ],
  [
    'rewrite name substring service.us-west-1.example.org service.us-west-1.consul',
    {
      rule: {
        match: { kind: 'substring', text: 'service.us-west-1.example.org.' },
        to: [text('service.us-west-1.consul.')],
      },
    },
  ],
  [
    String.raw`rewrite name regex (.*)-(us-west-1)\.example\.org {1}.service.{2}.consul`,
    {
      rule: {
        match: {
          kind: 'regex',
          pattern: {
            text: String.raw`(.*)-(us-west-1)\.example\.org`,
            source: String.raw`([^\n]*)-(us-west-1)\.example\.org`,
            groups: ['', ''],
          },
        },
        to: [group(1), text('.service.'), group(2), text('.consul.')],
        auto: false,
        answers: [],
      },
    },
  ],
  [
    String.raw`rewrite stop {
      name regex (.*)\.coredns\.rocks {1}.consul
      answer name (.*)\.consul {1}.coredns.rocks
      answer value ^(x)$ {0}
    }`,
    {
      rule: {
        answers: [
          { part: 'name', from: { text: String.raw`(.*)\.consul` }, to: [group(1), text('.coredns.rocks.')] },
          { part: 'value', from: { text: '^(x)$' }, to: [group(0), text('.')] },
        ],
      },
    },
  ],
  [
    'rewrite name exact a.org b.org answer value b.org c.org value d.org e.org answer auto',
    { rule: { auto: true, answers: [{ part: 'value' }, { part: 'value', to: [text('e.org.')] }] } },
  ],
  ['rewrite ttl a.org 15', { rule: { kind: 'ttl', match: { kind: 'exact', text: 'a.org.' }, min: 15, max: 15 } }],
  [
    'rewrite continue {\n ttl regex (.*)\\.coredns\\.rocks 30-300\n}',
    { mode: 'continue', rule: { kind: 'ttl', match: { kind: 'regex' }, min: 30, max: 300 } },
  ],
  ['rewrite ttl suffix .org -30', { rule: { match: { kind: 'suffix', text: '.org.' }, min: 0, max: 30 } }],
  ['rewrite ttl suffix .org 30-', { rule: { min: 30, max: 2_147_483_647 } }],
  // template
  [
    'template IN AAAA cluster.local 10.0.0.0/8 {\n rcode NXDOMAIN\n}',
    { class: IN, type: AAAA, zones: ['cluster.local.', '10.in-addr.arpa.'], rcode: NXDOMAIN },
  ],
  [
    String.raw`template IN A example {
      answer "{{ .Name }} 60 IN A 10.{{ .Group.b }}.{{ index .Group \"c\" }}.{{index .Match 3}}"
      match (^|[.])ip-10-(?P<b>[0-9]*)-(?P<c>[0-9]*)[.]example[.]$ ^x$
      fallthrough
    }`,
    {
      match: [
        { groups: ['', 'b', 'c'], source: String.raw`((?:^|\.))ip-10-([0-9]*)-([0-9]*)\.example\.$` },
        { text: '^x$', groups: [] },
      ],
      answer: [
        [
          field('Name'),
          text(' 60 IN A 10.'),
          { kind: 'group', group: 'b' },
          text('.'),
          { kind: 'group', group: 'c' },
          text('.'),
          { kind: 'group', group: '3' },
        ],
      ],
      fallthrough: ['.'],
    },
  ],
  [
    'template ANY ANY {\n authority "{{.Zone}} 60 {{ .Class }} SOA {{.Question.Name}} {{- /* none */ -}} {{ .Type }}"\n additional "x {{.Remote -}}   y" "z"\n ederror 21 "Blocked by us"\n upstream\n fallthrough a.org\n}',
    {
      authority: [[field('Zone'), text(' 60 '), field('Class'), text(' SOA '), field('Question.Name'), field('Type')]],
      additional: [[text('x '), field('Remote'), text('y')], [text('z')]],
      extendedError: { code: 21, reason: 'Blocked by us' },
      fallthrough: ['a.org.'],
    },
  ],
  ['template ANY ANY {\n ederror 5\n}', { extendedError: { code: 5, reason: '' } }],
  // transfer
  [
    'transfer a.org {\n to 10.0.0.1 10.0.0.2:5300\n to *\n source 10.0.0.3\n}',
    {
      zones: ['a.org.'],
      to: [{ host: '10.0.0.1', port: 53 }, { host: '10.0.0.2', port: 5300 }, '*'],
      source: '10.0.0.3',
    },
  ],
  // k8s_external and autopath need kubernetes beside them
  [
    'k8s_external ext.org 10.0.0.0/8 {\n ttl 0\n apex NS\n headless\n fallthrough a.org\n}\nkubernetes c.local',
    { zones: ['ext.org.', '10.in-addr.arpa.'], ttl: 0, apex: 'ns', headless: true, fallthrough: ['a.org.'] },
  ],
  [
    'k8s_external\nkubernetes c.local',
    { name: 'k8s_external', zones: ['.'], ttl: 5, apex: 'dns', headless: false, fallthrough: [] },
  ],
  [
    'autopath @kubernetes\nkubernetes c.local {\n pods verified\n}',
    { name: 'autopath', zones: ['.'], searchList: { kind: 'kubernetes' } },
  ],
]
