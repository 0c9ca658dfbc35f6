import { expect, test } from 'vitest'
import { IptablesRuleset, type RulesetOptions } from '../../src/agent/iptables-ruleset.ts'
import { counterNames } from '../../src/backends/iptables/counter.ts'
import type { Family } from '../../src/net/family.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { clusterOfObjects } from '../support/cluster.ts'

// Lines that kube-proxy writes for services like these, taken from its documented behaviour, not from our output. Its
// defaults are node ports on localhost, and counters where the kernel has them.
const networks = ['10.50.0.0/16', 'fd00:50::/32'].flatMap((text) => parseCidr(text) ?? [])
const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'here' },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
}

const defaults = [
  {
    whose: 'ours',
    options: {},
    /** What of kube-proxy's own lines we have. */
    lines: (text: string) =>
      text
        .replaceAll(/^.*(KUBE-FIREWALL|localhost_nps_accepted_pkts).*\n/gm, '')
        .replace(' -m nfacct --nfacct-name ct_state_invalid_dropped_pkts', '')
        .replace('--dst-type LOCAL -j KUBE-NODEPORTS', '--dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS'),
  },
  {
    whose: "kube-proxy's",
    options: { localhostNodePorts: true, kernel: { counters: counterNames, dropInvalid: true } },
    lines: (text: string) => text,
  },
]

function rendered(
  objects: readonly unknown[],
  family: Family = 'IPv4',
  options: Pick<RulesetOptions, 'localhostNodePorts' | 'kernel'> = {},
): string {
  const state = clusterOfObjects([node, ...objects])
  return new IptablesRuleset(state, {
    family,
    nodeName: 'here',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks },
    nodePortNetworks: [],
    ...options,
  }).render()
}

function service(name: string, spec: object, vips: readonly string[] = [], namespace = 'shop') {
  const status = { loadBalancer: { ingress: vips.map((ip) => ({ ip })) } }
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec, status }
}

function slice(
  name: string,
  ports: readonly object[],
  endpoints: readonly (readonly [string, string])[],
  { namespace = 'shop', addressType = 'IPv4' } = {},
) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType,
    ports,
    endpoints: endpoints.map(([address, nodeName]) => ({ addresses: [address], nodeName })),
  }
}

/** The lines of one document that speak of a service, or declare chains of one. */
function serviceLines(document: string): readonly string[] {
  return document
    .split('\n')
    .filter((line) => /shop\/|dns\/|^:KUBE-(SVC|SVL|EXT|FW|SEP)-|^-A KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(line))
}

test.each(defaults)('cluster IP: the whole payload, with $whose defaults', ({ options, lines }) => {
  const cart = [
    service('cart', { clusterIP: '10.96.7.20', ports: [{ name: 'http', port: 8080 }] }),
    slice(
      'cart',
      [{ name: 'http', port: 9000 }],
      [
        ['10.50.1.9', 'a'],
        ['10.50.2.9', 'b'],
        ['10.50.2.10', 'b'],
      ],
    ),
  ]
  expect(rendered(cart, 'IPv4', options)).toBe(
    lines(`*filter
:KUBE-SERVICES - [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:KUBE-FIREWALL - [0:0]
-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x00004000/0x00004000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SVC-I5LIAMPLWKMBJ54B - [0:0]
:KUBE-SEP-J3F3QTHF33BL24J2 - [0:0]
:KUBE-SEP-WX7ZGJ2MWMFMSG5E - [0:0]
:KUBE-SEP-HDIJC3LL2TPRTKAK - [0:0]
-A KUBE-POSTROUTING -m mark ! --mark 0x00004000/0x00004000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x00004000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-MARK-MASQ -j MARK --or-mark 0x00004000
-A KUBE-SERVICES -m comment --comment "shop/cart:http cluster IP" -m tcp -p tcp -d 10.96.7.20 --dport 8080 -j KUBE-SVC-I5LIAMPLWKMBJ54B
-A KUBE-SVC-I5LIAMPLWKMBJ54B -m comment --comment "shop/cart:http cluster IP" -m tcp -p tcp -d 10.96.7.20 --dport 8080 ! -s 10.50.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-SVC-I5LIAMPLWKMBJ54B -m comment --comment "shop/cart:http -> 10.50.1.9:9000" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-J3F3QTHF33BL24J2
-A KUBE-SVC-I5LIAMPLWKMBJ54B -m comment --comment "shop/cart:http -> 10.50.2.10:9000" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-WX7ZGJ2MWMFMSG5E
-A KUBE-SVC-I5LIAMPLWKMBJ54B -m comment --comment "shop/cart:http -> 10.50.2.9:9000" -j KUBE-SEP-HDIJC3LL2TPRTKAK
-A KUBE-SEP-J3F3QTHF33BL24J2 -m comment --comment shop/cart:http -s 10.50.1.9 -j KUBE-MARK-MASQ
-A KUBE-SEP-J3F3QTHF33BL24J2 -m comment --comment shop/cart:http -m tcp -p tcp -j DNAT --to-destination 10.50.1.9:9000
-A KUBE-SEP-WX7ZGJ2MWMFMSG5E -m comment --comment shop/cart:http -s 10.50.2.10 -j KUBE-MARK-MASQ
-A KUBE-SEP-WX7ZGJ2MWMFMSG5E -m comment --comment shop/cart:http -m tcp -p tcp -j DNAT --to-destination 10.50.2.10:9000
-A KUBE-SEP-HDIJC3LL2TPRTKAK -m comment --comment shop/cart:http -s 10.50.2.9 -j KUBE-MARK-MASQ
-A KUBE-SEP-HDIJC3LL2TPRTKAK -m comment --comment shop/cart:http -m tcp -p tcp -j DNAT --to-destination 10.50.2.9:9000
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
COMMIT
`),
  )
})

const web = service(
  'web',
  {
    type: 'LoadBalancer',
    clusterIP: '10.96.7.21',
    externalIPs: ['198.51.100.40'],
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32100,
    ports: [{ name: 'https', port: 443, nodePort: 31443 }],
  },
  ['203.0.113.77'],
)

test.each(defaults)('load balancer with externalTrafficPolicy Local, with $whose defaults', ({ options, lines }) => {
  const endpoints = [
    ['10.50.1.4', 'here'],
    ['10.50.2.4', 'there'],
  ] as const
  const document = rendered([web, slice('web', [{ name: 'https', port: 8443 }], endpoints)], 'IPv4', options)
  expect(serviceLines(document).join('\n')).toBe(
    lines(`-A KUBE-NODEPORTS -m comment --comment "shop/web:https health check node port" -m tcp -p tcp --dport 32100 -j ACCEPT
:KUBE-EXT-UB7LXFC7TRMUABOP - [0:0]
:KUBE-SVC-UB7LXFC7TRMUABOP - [0:0]
:KUBE-SVL-UB7LXFC7TRMUABOP - [0:0]
:KUBE-SEP-Q25FEKMHF4NV5WBB - [0:0]
:KUBE-SEP-A3245JHSUUWPBYVE - [0:0]
-A KUBE-SERVICES -m comment --comment "shop/web:https cluster IP" -m tcp -p tcp -d 10.96.7.21 --dport 443 -j KUBE-SVC-UB7LXFC7TRMUABOP
-A KUBE-SERVICES -m comment --comment "shop/web:https external IP" -m tcp -p tcp -d 198.51.100.40 --dport 443 -j KUBE-EXT-UB7LXFC7TRMUABOP
-A KUBE-SERVICES -m comment --comment "shop/web:https loadbalancer IP" -m tcp -p tcp -d 203.0.113.77 --dport 443 -j KUBE-EXT-UB7LXFC7TRMUABOP
-A KUBE-NODEPORTS -m comment --comment shop/web:https -m tcp -p tcp -d 127.0.0.0/8 --dport 31443 -m nfacct --nfacct-name localhost_nps_accepted_pkts -j KUBE-EXT-UB7LXFC7TRMUABOP
-A KUBE-NODEPORTS -m comment --comment shop/web:https -m tcp -p tcp --dport 31443 -j KUBE-EXT-UB7LXFC7TRMUABOP
-A KUBE-SVC-UB7LXFC7TRMUABOP -m comment --comment "shop/web:https cluster IP" -m tcp -p tcp -d 10.96.7.21 --dport 443 ! -s 10.50.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-EXT-UB7LXFC7TRMUABOP -m comment --comment "pod traffic for shop/web:https external destinations" -s 10.50.0.0/16 -j KUBE-SVC-UB7LXFC7TRMUABOP
-A KUBE-EXT-UB7LXFC7TRMUABOP -m comment --comment "masquerade LOCAL traffic for shop/web:https external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-EXT-UB7LXFC7TRMUABOP -m comment --comment "route LOCAL traffic for shop/web:https external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-UB7LXFC7TRMUABOP
-A KUBE-EXT-UB7LXFC7TRMUABOP -j KUBE-SVL-UB7LXFC7TRMUABOP
-A KUBE-SVC-UB7LXFC7TRMUABOP -m comment --comment "shop/web:https -> 10.50.1.4:8443" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-Q25FEKMHF4NV5WBB
-A KUBE-SVC-UB7LXFC7TRMUABOP -m comment --comment "shop/web:https -> 10.50.2.4:8443" -j KUBE-SEP-A3245JHSUUWPBYVE
-A KUBE-SVL-UB7LXFC7TRMUABOP -m comment --comment "shop/web:https -> 10.50.1.4:8443" -j KUBE-SEP-Q25FEKMHF4NV5WBB
-A KUBE-SEP-Q25FEKMHF4NV5WBB -m comment --comment shop/web:https -s 10.50.1.4 -j KUBE-MARK-MASQ
-A KUBE-SEP-Q25FEKMHF4NV5WBB -m comment --comment shop/web:https -m tcp -p tcp -j DNAT --to-destination 10.50.1.4:8443
-A KUBE-SEP-A3245JHSUUWPBYVE -m comment --comment shop/web:https -s 10.50.2.4 -j KUBE-MARK-MASQ
-A KUBE-SEP-A3245JHSUUWPBYVE -m comment --comment shop/web:https -m tcp -p tcp -j DNAT --to-destination 10.50.2.4:8443`),
  )
})

test('externalTrafficPolicy Local with remote endpoints only drops what came from outside', () => {
  const lines = serviceLines(rendered([web, slice('web', [{ name: 'https', port: 8443 }], [['10.50.2.4', 'there']])]))
  expect(lines.filter((line) => line.includes('no local endpoints')).join('\n')).toBe(
    `-A KUBE-EXTERNAL-SERVICES -m comment --comment "shop/web:https has no local endpoints" -m tcp -p tcp -d 198.51.100.40 --dport 443 -j DROP
-A KUBE-EXTERNAL-SERVICES -m comment --comment "shop/web:https has no local endpoints" -m tcp -p tcp -d 203.0.113.77 --dport 443 -j DROP
-A KUBE-EXTERNAL-SERVICES -m comment --comment "shop/web:https has no local endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 31443 -j DROP`,
  )
  expect(lines.some((line) => line.includes('KUBE-SVL'))).toBe(false)
  expect(lines).toContain(
    '-A KUBE-NODEPORTS -m comment --comment shop/web:https -m tcp -p tcp --dport 31443 -j KUBE-EXT-UB7LXFC7TRMUABOP',
  )
})

test.each(defaults)('load balancer with source ranges and ClientIP affinity, with $whose defaults', (by) => {
  const api = [
    service(
      'api',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.7.22',
        loadBalancerSourceRanges: ['192.0.2.0/24', '198.51.100.0/25'],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
        ports: [{ port: 80, nodePort: 31080 }],
      },
      ['203.0.113.90'],
    ),
    slice(
      'api',
      [{ name: '', port: 8080 }],
      [
        ['10.50.1.6', 'here'],
        ['10.50.2.6', 'there'],
      ],
    ),
  ]
  expect(serviceLines(rendered(api, 'IPv4', by.options)).join('\n')).toBe(
    by.lines(`-A KUBE-PROXY-FIREWALL -m comment --comment "shop/api traffic not accepted by KUBE-FW-YI7FANR2652WTB3A" -m tcp -p tcp -d 203.0.113.90 --dport 80 -j DROP
:KUBE-EXT-YI7FANR2652WTB3A - [0:0]
:KUBE-FW-YI7FANR2652WTB3A - [0:0]
:KUBE-SVC-YI7FANR2652WTB3A - [0:0]
:KUBE-SEP-IPNOGAFXGVSQH6MD - [0:0]
:KUBE-SEP-LHBRIXCAP36L2PT4 - [0:0]
-A KUBE-SERVICES -m comment --comment "shop/api cluster IP" -m tcp -p tcp -d 10.96.7.22 --dport 80 -j KUBE-SVC-YI7FANR2652WTB3A
-A KUBE-SERVICES -m comment --comment "shop/api loadbalancer IP" -m tcp -p tcp -d 203.0.113.90 --dport 80 -j KUBE-FW-YI7FANR2652WTB3A
-A KUBE-NODEPORTS -m comment --comment shop/api -m tcp -p tcp -d 127.0.0.0/8 --dport 31080 -m nfacct --nfacct-name localhost_nps_accepted_pkts -j KUBE-EXT-YI7FANR2652WTB3A
-A KUBE-NODEPORTS -m comment --comment shop/api -m tcp -p tcp --dport 31080 -j KUBE-EXT-YI7FANR2652WTB3A
-A KUBE-SVC-YI7FANR2652WTB3A -m comment --comment "shop/api cluster IP" -m tcp -p tcp -d 10.96.7.22 --dport 80 ! -s 10.50.0.0/16 -j KUBE-MARK-MASQ
-A KUBE-EXT-YI7FANR2652WTB3A -m comment --comment "masquerade traffic for shop/api external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-YI7FANR2652WTB3A -j KUBE-SVC-YI7FANR2652WTB3A
-A KUBE-FW-YI7FANR2652WTB3A -m comment --comment "shop/api loadbalancer IP" -s 192.0.2.0/24 -j KUBE-EXT-YI7FANR2652WTB3A
-A KUBE-FW-YI7FANR2652WTB3A -m comment --comment "shop/api loadbalancer IP" -s 198.51.100.0/25 -j KUBE-EXT-YI7FANR2652WTB3A
-A KUBE-FW-YI7FANR2652WTB3A -m comment --comment "shop/api loadbalancer IP" -s 203.0.113.90 -j KUBE-EXT-YI7FANR2652WTB3A
-A KUBE-FW-YI7FANR2652WTB3A -m comment --comment "other traffic to shop/api will be dropped by KUBE-PROXY-FIREWALL"
-A KUBE-SVC-YI7FANR2652WTB3A -m comment --comment "shop/api -> 10.50.1.6:8080" -m recent --name KUBE-SEP-IPNOGAFXGVSQH6MD --rcheck --seconds 600 --reap -j KUBE-SEP-IPNOGAFXGVSQH6MD
-A KUBE-SVC-YI7FANR2652WTB3A -m comment --comment "shop/api -> 10.50.2.6:8080" -m recent --name KUBE-SEP-LHBRIXCAP36L2PT4 --rcheck --seconds 600 --reap -j KUBE-SEP-LHBRIXCAP36L2PT4
-A KUBE-SVC-YI7FANR2652WTB3A -m comment --comment "shop/api -> 10.50.1.6:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-IPNOGAFXGVSQH6MD
-A KUBE-SVC-YI7FANR2652WTB3A -m comment --comment "shop/api -> 10.50.2.6:8080" -j KUBE-SEP-LHBRIXCAP36L2PT4
-A KUBE-SEP-IPNOGAFXGVSQH6MD -m comment --comment shop/api -s 10.50.1.6 -j KUBE-MARK-MASQ
-A KUBE-SEP-IPNOGAFXGVSQH6MD -m comment --comment shop/api -m recent --name KUBE-SEP-IPNOGAFXGVSQH6MD --set -m tcp -p tcp -j DNAT --to-destination 10.50.1.6:8080
-A KUBE-SEP-LHBRIXCAP36L2PT4 -m comment --comment shop/api -s 10.50.2.6 -j KUBE-MARK-MASQ
-A KUBE-SEP-LHBRIXCAP36L2PT4 -m comment --comment shop/api -m recent --name KUBE-SEP-LHBRIXCAP36L2PT4 --set -m tcp -p tcp -j DNAT --to-destination 10.50.2.6:8080`),
  )
})

test('IPv6, UDP, internalTrafficPolicy Local', () => {
  const document = rendered(
    [
      service(
        'resolver',
        {
          clusterIP: 'fd00:96::a',
          clusterIPs: ['fd00:96::a'],
          ipFamilies: ['IPv6'],
          internalTrafficPolicy: 'Local',
          ports: [{ name: 'dns', port: 53, protocol: 'UDP' }],
        },
        [],
        'dns',
      ),
      slice('resolver', [{ name: 'dns', port: 5353, protocol: 'UDP' }], [['fd00:50:1::35', 'here']], {
        namespace: 'dns',
        addressType: 'IPv6',
      }),
    ],
    'IPv6',
  )
  expect(serviceLines(document).join('\n')).toBe(
    `:KUBE-SVL-JLUUYCJAWZ2LAHMK - [0:0]
:KUBE-SEP-WWUHKZ6FXUNWTUKT - [0:0]
-A KUBE-SERVICES -m comment --comment "dns/resolver:dns cluster IP" -m udp -p udp -d fd00:96::a --dport 53 -j KUBE-SVL-JLUUYCJAWZ2LAHMK
-A KUBE-SVL-JLUUYCJAWZ2LAHMK -m comment --comment "dns/resolver:dns cluster IP" -m udp -p udp -d fd00:96::a --dport 53 ! -s fd00:50::/32 -j KUBE-MARK-MASQ
-A KUBE-SVL-JLUUYCJAWZ2LAHMK -m comment --comment "dns/resolver:dns -> [fd00:50:1::35]:5353" -j KUBE-SEP-WWUHKZ6FXUNWTUKT
-A KUBE-SEP-WWUHKZ6FXUNWTUKT -m comment --comment dns/resolver:dns -s fd00:50:1::35 -j KUBE-MARK-MASQ
-A KUBE-SEP-WWUHKZ6FXUNWTUKT -m comment --comment dns/resolver:dns -m udp -p udp -j DNAT --to-destination [fd00:50:1::35]:5353`,
  )
  expect(document).toContain('-m addrtype --dst-type LOCAL ! -d ::1/128 -j KUBE-NODEPORTS\nCOMMIT\n')
})

test('no endpoints: every address refuses', () => {
  const document = rendered([
    service(
      'idle',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.7.30',
        externalIPs: ['198.51.100.41'],
        ports: [{ name: 'http', port: 80, nodePort: 31081 }],
      },
      ['203.0.113.91'],
    ),
  ])
  expect(serviceLines(document).join('\n')).toBe(
    `-A KUBE-SERVICES -m comment --comment "shop/idle:http has no endpoints" -m tcp -p tcp -d 10.96.7.30 --dport 80 -j REJECT
-A KUBE-EXTERNAL-SERVICES -m comment --comment "shop/idle:http has no endpoints" -m tcp -p tcp -d 198.51.100.41 --dport 80 -j REJECT
-A KUBE-EXTERNAL-SERVICES -m comment --comment "shop/idle:http has no endpoints" -m tcp -p tcp -d 203.0.113.91 --dport 80 -j REJECT
-A KUBE-EXTERNAL-SERVICES -m comment --comment "shop/idle:http has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 31081 -j REJECT`,
  )
})

test('a large cluster leaves out the comments of endpoint rules, and only those', () => {
  const endpoints = Array.from({ length: 1001 }, (_, i) => [`10.50.${i >> 8}.${i & 255}`, 'there'] as const)
  const objects = (count: number) => [
    service('cart', { clusterIP: '10.96.7.20', ports: [{ name: 'http', port: 8080 }] }),
    slice('cart', [{ name: 'http', port: 9000 }], endpoints.slice(0, count)),
  ]
  const comments = (count: number) =>
    serviceLines(rendered(objects(count))).filter((line) => line.includes('--comment'))
  expect(comments(1001)).toHaveLength(2)
  // Two in front, then one rule in the service chain and two in each endpoint chain.
  expect(comments(1000)).toHaveLength(2 + 3000)
})
