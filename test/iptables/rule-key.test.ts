import { expect, test } from 'vitest'
import { ruleKey } from '../../src/backends/iptables/rule-key.ts'

// Left as we send it, right as iptables-save 1.8.9 printed it, the same for both variants unless said.
test.each([
  ['-j MARK --or-mark 0x00004000', '-j MARK --set-xmark 0x4000/0x4000'],
  ['-j MARK --xor-mark 0x00004000', '-j MARK --set-xmark 0x4000/0x0'],
  ['-m mark ! --mark 0x00004000/0x00004000 -j RETURN', '-m mark ! --mark 0x4000/0x4000 -j RETURN'],
  [
    '-m comment --comment "shop/idle:http has no endpoints" -m tcp -p tcp -d 10.96.7.30 --dport 80 -j REJECT',
    '-d 10.96.7.30/32 -p tcp -m comment --comment "shop/idle:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
  ],
  [
    '-m comment --comment "x" -m udp -p udp -d 2001:db8::a --dport 53 -j REJECT',
    '-d 2001:db8::a/128 -p udp -m comment --comment x -m udp --dport 53 -j REJECT --reject-with icmp6-port-unreachable',
  ],
  [
    '-m comment --comment "c" -m tcp -p tcp -d 10.96.7.20 --dport 8080 ! -s 10.50.0.0/16 -j KUBE-MARK-MASQ',
    '! -s 10.50.0.0/16 -d 10.96.7.20/32 -p tcp -m comment --comment c -m tcp --dport 8080 -j KUBE-MARK-MASQ',
  ],
  [
    '-m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-A',
    '-m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-A',
  ],
  [
    '-m comment --comment shop/api -m recent --name KUBE-SEP-A --set -m tcp -p tcp -j DNAT --to-destination 10.50.1.6:8080',
    '-p tcp -m comment --comment "shop/api" -m recent --set --name KUBE-SEP-A --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.50.1.6:8080',
  ],
  [
    '-m recent --name KUBE-SEP-A --rcheck --seconds 600 --reap -j KUBE-SEP-A',
    '-m recent --rcheck --seconds 600 --reap --name KUBE-SEP-A --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource -j KUBE-SEP-A',
  ],
  ['-m comment --comment c -s 0.0.0.0/0 -j KUBE-EXT-A', '-m comment --comment c -j KUBE-EXT-A'],
  ['-m tcp -p tcp -j DNAT --to-destination [::102:304]:80', '-p tcp -m tcp -j DNAT --to-destination [::1.2.3.4]:80'],
  [
    '-m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP',
    '-m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP',
  ],
  [
    '-m comment --comment shop/api -m tcp -p tcp -d 127.0.0.0/8 --dport 31080 -m nfacct --nfacct-name localhost_nps_accepted_pkts -j KUBE-EXT-A',
    '-d 127.0.0.0/8 -p tcp -m comment --comment "shop/api" -m tcp --dport 31080 -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j KUBE-EXT-A',
  ],
  [
    '-m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
  ],
  ['-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'],
])('%s is %s', (sent, printed) => {
  expect(ruleKey(sent)).toBe(ruleKey(printed))
})

const rule = '-d 10.96.7.20/32 -p tcp -m comment --comment "a b" -m tcp --dport 80 -j KUBE-SVC-A'
test.each([
  ['another address', rule.replace('7.20/32', '7.21/32')],
  ['a wider network', rule.replace('/32', '/31')],
  ['another port', rule.replace('80', '81')],
  ['another protocol', rule.replaceAll('tcp', 'udp')],
  ['another target', rule.replace('SVC-A', 'SVC-B')],
  ['a negation', rule.replace('-d', '! -d')],
  ['another comment', rule.replace('a b', 'a c')],
  ['one match more', `-m socket ${rule}`],
  ['a counter', `-m nfacct --nfacct-name a ${rule}`],
  ['another rejection', `${rule} --reject-with tcp-reset`],
])('%s makes another rule', (_, other) => {
  expect(ruleKey(other)).not.toBe(ruleKey(rule))
})

test('a comment may look like options', () => {
  const key = ruleKey('-m comment --comment "-j DROP ! -s" -j ACCEPT')
  expect(key).not.toBe(ruleKey('-m comment ! -s -j DROP -j ACCEPT'))
  expect(key).toContain('--comment -j DROP ! -s')
  expect(ruleKey(String.raw`-m comment --comment "say \"hi\"" -j ACCEPT`)).toContain('say "hi"')
})
