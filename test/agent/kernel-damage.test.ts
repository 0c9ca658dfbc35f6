import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { reportDifferences } from '../../src/agent/diff-report.ts'
import { parseManifests } from '../../src/agent/manifest-text.ts'
import type { Family } from '../../src/net/family.ts'
import { benchObjects } from '../../bench/cluster.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { kernelSide, sentences, wantedSide } from '../support/compared.ts'

// shop/web: both families, policy Local, a node port. shop/api: a load balancer with source ranges. shop/idle: no endpoints.
const shop = clusterOfFiles(['detect-by-bridge', 'source-ranges', 'no-endpoints'])

const web = '67NZLRHBNDSAWJRO'
const api = 'YI7FANR2652WTB3A'
const apiEndpoint = 'KUBE-SEP-RUXZFDESAK6A66H6'

const webRule = `-d 10.96.7.21/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-${web}`

type Edit = (saved: string) => string

const flush = (chain: string, table = 'nat'): Edit =>
  inTable(table, (text) => text.replaceAll(new RegExp(`^-A ${chain} .*\n`, 'gm'), ''))
const remove = (rule: RegExp, table = 'nat'): Edit =>
  inTable(table, (text) => text.replace(new RegExp(`^-A ${rule.source}.*\n`, 'm'), ''))
const append = (rule: string, table = 'nat'): Edit =>
  inTable(table, (text) => text.replace(/^COMMIT$/m, `-A ${rule}\nCOMMIT`))
const declare = (chain: string): Edit =>
  inTable('nat', (text) => text.replace(/^:KUBE-SERVICES .*$/m, `$&\n:${chain} - [0:0]`))

const cases: readonly {
  name: string
  edits: readonly Edit[]
  families?: readonly Family[]
  says: readonly string[]
}[] = [
  { name: 'nothing done', edits: [], says: [] },
  {
    name: 'a jump deleted',
    edits: [remove(/FORWARD .* -j KUBE-SERVICES/, 'filter')],
    says: ['Not of one Service: missing jump filter FORWARD to KUBE-SERVICES (IPv4 and IPv6)'],
  },
  {
    name: 'a jump doubled in one family',
    edits: [append('OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES')],
    families: ['IPv6'],
    says: ['Not of one Service: doubled jump nat OUTPUT to KUBE-SERVICES (IPv6)'],
  },
  {
    name: 'a jump of somebody else into a chain of ours is none of ours',
    edits: [append('OUTPUT -d 10.0.0.1/32 -j KUBE-SERVICES')],
    says: [],
  },
  {
    name: 'what masquerades flushed',
    edits: [flush('KUBE-MARK-MASQ')],
    says: ['Not of one Service: empty chain nat KUBE-MARK-MASQ (IPv4 and IPv6)'],
  },
  {
    name: 'a rule of a base chain deleted, one doubled, one of somebody else',
    edits: [
      remove(/KUBE-FORWARD -m conntrack --ctstate INVALID/, 'filter'),
      append('KUBE-POSTROUTING -j LOG'),
      append('KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000'),
    ],
    families: ['IPv4'],
    says: [
      'Not of one Service: a rule is missing in filter KUBE-FORWARD (IPv4)',
      'Not of one Service: a rule that is not ours stands in nat KUBE-POSTROUTING (IPv4)',
      'Not of one Service: a rule is doubled in nat KUBE-MARK-MASQ (IPv4)',
    ],
  },
  {
    name: 'a base chain deleted with the jump to it',
    edits: [
      remove(/FORWARD .* -j KUBE-FORWARD/, 'filter'),
      flush('KUBE-FORWARD', 'filter'),
      (saved) => saved.replace(/^:KUBE-FORWARD .*\n/m, ''),
    ],
    says: [
      'Not of one Service: missing jump filter FORWARD to KUBE-FORWARD (IPv4 and IPv6)',
      'Not of one Service: missing chain filter KUBE-FORWARD (IPv4 and IPv6)',
    ],
  },
  {
    name: 'rules of a base chain in another order, another mark',
    edits: [
      inTable('filter', (text) => text.replace(/^(-A KUBE-FORWARD .*INVALID.*\n)((?:-A KUBE-FORWARD .*\n)+)/m, '$2$1')),
      inTable('nat', (text) => text.replace(/--or-mark 0x00004000/, '--or-mark 0x00008000')),
    ],
    families: ['IPv4'],
    says: [
      'Not of one Service: rules of filter KUBE-FORWARD stand in another order (IPv4)',
      'Not of one Service: rules of nat KUBE-MARK-MASQ differ (IPv4)',
    ],
  },
  {
    name: 'the last rule of KUBE-SERVICES deleted',
    edits: [remove(/KUBE-SERVICES .* -j KUBE-NODEPORTS/)],
    says: [
      'Not of one Service: addresses with node ports changed from none to every address of the node but 127.0.0.0/8 (IPv4)',
      'Not of one Service: addresses with node ports changed from none to every address of the node but ::1 (IPv6)',
    ],
  },
  {
    name: 'KUBE-SERVICES flushed',
    edits: [flush('KUBE-SERVICES')],
    families: ['IPv4'],
    says: [
      'Not of one Service: empty chain nat KUBE-SERVICES (IPv4)',
      'Service shop/api: cluster IP 10.96.7.22 added; load balancer IP 198.51.100.90 added',
      'Service shop/web, port http: cluster IP 10.96.7.21 added',
    ],
  },
  {
    name: 'rules of somebody else in the chains that all share, one in our words',
    edits: [
      append('KUBE-SERVICES -s 10.0.0.1/32 -j DROP'),
      append(
        `KUBE-SERVICES -m comment --comment "shop/web:http cluster IP" -s 10.0.0.1/32 -d 10.96.7.21/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-${web}`,
      ),
      append(
        'KUBE-SERVICES -p tcp -m comment --comment "shop/other has no endpoints" -m tcp --dport 80 -j DROP',
        'filter',
      ),
    ],
    families: ['IPv4'],
    says: [
      'Not of one Service: a rule that is not ours stands in filter KUBE-SERVICES (IPv4)',
      'Not of one Service: 2 rules that are not ours stand in nat KUBE-SERVICES (IPv4)',
    ],
  },
  {
    name: 'a rule of somebody else in the chain of a port',
    edits: [append(`KUBE-FW-${api} -m comment --comment "shop/api loadbalancer IP" -s 203.0.113.9/32 -j DROP`)],
    families: ['IPv4'],
    says: [`Service shop/api: a rule that is not ours stands in KUBE-FW-${api}`],
  },
  {
    name: 'the chain of a port flushed',
    edits: [flush(`KUBE-SVC-${api}`)],
    says: [`Service shop/api: empty chain KUBE-SVC-${api}`],
  },
  {
    name: 'the same chain flushed in both families, and policy Local with it',
    edits: [flush(`KUBE-EXT-${web}`)],
    says: [`Service shop/web, port http: empty chain KUBE-EXT-${web} (IPv4 and IPv6)`],
  },
  {
    name: 'the chain of an endpoint flushed: the endpoint is no new one',
    edits: [flush(apiEndpoint)],
    says: [`Service shop/api: empty chain ${apiEndpoint}`],
  },
  {
    name: 'source ranges flushed',
    edits: [flush(`KUBE-FW-${api}`)],
    says: [`Service shop/api: empty chain KUBE-FW-${api}`],
  },
  {
    name: 'the rule of an endpoint deleted',
    edits: [remove(new RegExp(`KUBE-SVC-${api} .* -j ${apiEndpoint}`))],
    says: ['Service shop/api: endpoint 10.244.1.6:8080 added'],
  },
  {
    name: 'the rule of a node port deleted in one family',
    edits: [remove(/KUBE-NODEPORTS .*shop\/web:http/)],
    families: ['IPv6'],
    says: ['Service shop/web, port http: node port 31080 added (IPv6)'],
  },
  {
    name: 'a source range deleted',
    edits: [remove(/KUBE-FW-.* -s 192\.0\.2\.0\/24/)],
    says: ['Service shop/api: source range 192.0.2.0/24 added'],
  },
  {
    name: 'hairpin traffic not masqueraded: no word for that',
    edits: [remove(new RegExp(`${apiEndpoint} .* -j KUBE-MARK-MASQ`))],
    says: ['Service shop/api: rules differ'],
  },
  {
    name: 'hairpin traffic not masqueraded, besides something that there is a word for',
    edits: [remove(new RegExp(`${apiEndpoint} .* -j KUBE-MARK-MASQ`)), remove(/KUBE-NODEPORTS .*shop\/api/)],
    says: ['Service shop/api: node port 31082 added; other rules differ'],
  },
  {
    name: 'cluster IP traffic not masqueraded',
    edits: [remove(new RegExp(`KUBE-SVC-${api} .* -j KUBE-MARK-MASQ`))],
    says: ['Service shop/api: masquerading changed from none to all but 10.244.0.0/16'],
  },
  {
    name: 'what should be refused is not',
    edits: [remove(/KUBE-SERVICES .*shop\/idle:http/, 'filter')],
    says: ['Service shop/idle, port http: cluster IP 10.96.7.30 added'],
  },
  {
    name: 'another probability, another comment, another order',
    edits: [
      (saved) => saved.replace(/(KUBE-SVC-YI7.*--probability) 0.5\d*/, '$1 0.4000000000'),
      (saved) => saved.replace(/(KUBE-SVC-67NZ.*)->/, '$1 ->'),
      inTable('nat', (text) => text.replace(/^(-A KUBE-SVL-.*\n)(-A KUBE-SVL-.*\n)/m, '$2$1')),
    ],
    families: ['IPv4'],
    says: ['Service shop/api: only order or probabilities changed', 'Service shop/web: only comments or order changed'],
  },
  {
    name: 'services in another order, as kube-proxy has them',
    edits: [
      remove(/KUBE-SERVICES .*shop\/web/),
      inTable('nat', (text) => text.replace(/^-A KUBE-SERVICES .*shop\/api/m, `-A KUBE-SERVICES ${webRule}\n$&`)),
    ],
    families: ['IPv4'],
    says: [],
  },
  {
    name: 'the chain of an endpoint that is gone, left over',
    edits: [
      declare('KUBE-SEP-AAAAAAAAAAAAAAAA'),
      append(
        'KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "shop/api" -m tcp -j DNAT --to-destination 10.244.9.9:80',
      ),
    ],
    families: ['IPv4'],
    says: ['Service shop/api: stale chain KUBE-SEP-AAAAAAAAAAAAAAAA'],
  },
  {
    name: 'the chains of a Service that is gone, left over: one with a name, one with none',
    edits: [
      declare('KUBE-SVC-AAAAAAAAAAAAAAAA'),
      declare('KUBE-SEP-AAAAAAAAAAAAAAAA'),
      append('KUBE-SVC-AAAAAAAAAAAAAAAA -m comment --comment "shop/old -> 10.244.9.9:80" -j KUBE-SEP-AAAAAAAAAAAAAAAA'),
      append('KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m tcp -j DNAT --to-destination 10.244.9.9:80'),
      declare('KUBE-SVL-BBBBBBBBBBBBBBBB'),
    ],
    families: ['IPv4'],
    says: [
      'Not of one Service: stale chain nat KUBE-SVL-BBBBBBBBBBBBBBBB (IPv4)',
      'Service shop/old: stale chain KUBE-SVC-AAAAAAAAAAAAAAAA',
    ],
  },
  {
    name: 'a Service that is gone',
    edits: [
      declare('KUBE-SVC-AAAAAAAAAAAAAAAA'),
      append(
        'KUBE-SERVICES -d 10.96.9.9/32 -p tcp -m comment --comment "shop/old cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA',
      ),
      append(
        'KUBE-SERVICES -d 10.96.9.8/32 -p tcp -m comment --comment "shop/older:web has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
        'filter',
      ),
    ],
    families: ['IPv4'],
    says: ['Service shop/old: removed', 'Service shop/older: removed'],
  },
  {
    name: 'everything gone',
    edits: [() => ''],
    says: [
      'Not of one Service: nothing of ours is there (IPv4 and IPv6)',
      'Service shop/api: new; cluster IP 10.96.7.22:80; load balancer IP 198.51.100.90; node port 31082; 2 endpoints',
      'Service shop/idle: new; cluster IP 10.96.7.30:80; node port 31081; no endpoints',
      'Service shop/web: new; cluster IPs 10.96.7.21:80, [2001:db8:96::21]:80; node port 31080; 3 endpoints',
    ],
  },
]

test.each(cases)('$name', ({ edits, families = ['IPv4', 'IPv6'], says }) => {
  expect(damage(shop, edits, families)).toEqual(says)
})

test('in a large cluster, without the comments of endpoints, a chain belongs to what leads to it', () => {
  const large = clusterOfObjects(benchObjects(30, 40))
  const said = damage(
    large,
    [
      declare('KUBE-SEP-AAAAAAAAAAAAAAAA'),
      append('KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m tcp -j DNAT --to-destination 10.244.9.9:80'),
      (saved) =>
        saved.replace(/^(-A KUBE-SVC-\S+) (-m statistic.*) (KUBE-SEP-\S+)$/m, '$&\n$1 $2 KUBE-SEP-AAAAAAAAAAAAAAAA'),
    ],
    ['IPv4'],
  )
  expect(said).toEqual(['Service bench-0/service-0, port http: endpoint 10.244.9.9:80 removed'])
})

test('what guards node ports on localhost, in a chain that others use too', () => {
  const options = { localhostNodePorts: true }
  const edits = [
    remove(/KUBE-FIREWALL /, 'filter'),
    remove(/INPUT .*KUBE-FIREWALL/, 'filter'),
    append('KUBE-FIREWALL -j LOG', 'filter'),
  ]
  expect(
    reportDifferences(
      kernelSide(shop, (saved) => saved, options),
      wantedSide(shop, options),
    ),
  ).toEqual([])
  const edit = (saved: string) => edits.reduce((text, each) => each(text), saved)
  const said = sentences(reportDifferences(kernelSide(shop, edit, options), wantedSide(shop, options)))
  expect(said.slice(0, -1)).toEqual([
    'Not of one Service: missing jump filter INPUT to KUBE-FIREWALL (IPv4)',
    'Not of one Service: a rule is missing in filter KUBE-FIREWALL (IPv4)',
  ])
  const off = sentences(
    reportDifferences(
      kernelSide(shop, (saved) => saved),
      wantedSide(shop, options),
    ),
  )
  expect(off).toContain(
    'Not of one Service: addresses with node ports changed from every address of the node but 127.0.0.0/8 to every address of the node (IPv4)',
  )
})

test('what was flushed in the canary chains, or put there', () => {
  const said = damage(
    shop,
    [(saved) => saved.replace(/^\*mangle\n[^*]*/m, ''), append('KUBE-PROXY-CANARY -j LOG')],
    ['IPv4', 'IPv6'],
  )
  expect(said).toEqual([
    'Not of one Service: missing chain mangle KUBE-PROXY-CANARY (IPv4 and IPv6)',
    'Not of one Service: a rule that is not ours stands in nat KUBE-PROXY-CANARY (IPv4 and IPv6)',
  ])
})

/** The sentences on what is wrong in a kernel that held a state until these edits; the summary left out. */
function damage(state: ClusterStore, edits: readonly Edit[], families: readonly Family[]): readonly string[] {
  const edit = (saved: string, family: Family) =>
    families.includes(family) ? edits.reduce((text, each) => each(text), saved) : saved
  return sentences(reportDifferences(kernelSide(state, edit), wantedSide(state))).slice(0, -1)
}

function inTable(table: string, edit: Edit): Edit {
  return (saved) => saved.replace(new RegExp(`^\\*${table}\n[^*]*`, 'm'), (text) => edit(text))
}

function clusterOfFiles(names: readonly string[]): ClusterStore {
  const parsed = names.flatMap(
    (name) => parseManifests(readFileSync(`rulesets/clusters/${name}.yaml`, 'utf8'), name).objects,
  )
  return new ClusterStore(parsed.map(({ object }) => object))
}
