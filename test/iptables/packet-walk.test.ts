import { describe, expect, test } from 'vitest'
import { walkPacket } from '../../src/backends/iptables/walk/packet-walk.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import type { Fate, Packet } from '../../src/plan/packet.ts'

const arriving: Packet = {
  source: '203.0.113.9',
  destination: '10.96.0.1',
  protocol: 'TCP',
  port: 80,
  inInterface: 'eth0',
}
const { inInterface: _, ...sent } = { ...arriving, source: '192.0.2.7' }
const six: Packet = { ...arriving, source: '2001:db8:203::9', destination: '2001:db8:96::1' }

/** Walks through rules such as `nat PREROUTING -j X`; chains are there when a rule stands in them. */
function walk(rules: readonly string[], packet: Packet = arriving): string {
  const lines = rules.map((rule) => /^(\w+) (\S+) ?(.*)$/.exec(rule)?.slice(1) ?? [])
  const tables = Map.groupBy(lines, ([table]) => table)
  const text = [...tables].map(([table, own]) =>
    [
      `*${table}`,
      ...new Set(own.map(([, chain]) => `:${chain} - [0:0]`)),
      ...own.map(([, chain, spec]) => `-A ${chain} ${spec}`),
      'COMMIT\n',
    ].join('\n'),
  )
  return walkPacket(parseSavedRules(text.join('')), packet, ['192.0.2.7', '2001:db8:192::7'])
    .map(textOf)
    .join(', ')
}

function textOf({ share: { over, under }, target = 'untouched', masqueraded, verdict }: Fate): string {
  return `${over}/${under} ${verdict === 'pass' ? target : verdict}${masqueraded ? ' M' : ''}`
}

/** Where filters see a packet. */
function hooksOf(packet: Packet, more: readonly string[] = []): readonly string[] {
  return ['INPUT', 'FORWARD', 'OUTPUT'].filter((hook) =>
    walk([`filter ${hook} -j DROP`, ...more], packet).endsWith('drop'),
  )
}

const dnat = (to = '10.244.1.4:8080') => `-p tcp -m tcp -j DNAT --to-destination ${to}`

describe('a match decides', () => {
  const yes = '1/1 10.244.1.4:8080'
  const no = '1/1 untouched'
  test.each([
    { match: '-s 203.0.113.9', want: yes },
    { match: '-s 203.0.113.9/32', want: yes },
    { match: '-s 203.0.113.0/29', want: no },
    { match: '-s 203.0.113.0/28', want: yes },
    { match: '! -s 203.0.113.0/28', want: no },
    { match: '! -d 10.96.0.2/32', want: yes },
    { match: '-p udp -m udp', want: no },
    { match: '! -p udp', want: yes },
    { match: '-p icmp', want: no },
    { match: '-p tcp -m tcp --dport 80', want: yes },
    { match: '-p tcp -m tcp --dport 79:81', want: yes },
    { match: '-p tcp -m tcp --dport 81:90', want: no },
    { match: '-p tcp -m tcp ! --dport 80', want: no },
    { match: '-i eth0', want: yes },
    { match: '-i eth', want: no },
    { match: '-i eth+', want: yes },
    { match: '-i +', want: yes },
    { match: '! -i eth+', want: no },
    { match: '-m addrtype --src-type LOCAL', want: no },
    { match: '-m addrtype ! --dst-type LOCAL', want: yes },
    { match: '-m mark --mark 0x0/0x4000', want: yes },
    { match: '-m mark ! --mark 0x4000/0x4000', want: yes },
    { match: '-m conntrack --ctstate NEW', want: yes },
    { match: '-m conntrack --ctstate NEW,ESTABLISHED', want: yes },
    { match: '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT', want: yes },
    { match: '-m conntrack --ctstate INVALID', want: no },
    { match: '-m comment --comment "-j DROP ! --dport 81"', want: yes },
    { match: '-m nfacct --nfacct-name  localhost_nps_accepted_pkts', want: yes },
    { match: '-m recent --rcheck --seconds 600 --reap --name X --mask 255.255.255.255 --rsource', want: no },
    { match: '-m recent ! --rcheck --name X', want: yes },
    { match: '-m recent --set --name X --mask 255.255.255.255 --rsource', want: yes },
  ])('$match', ({ match, want }) => {
    expect(walk([`nat PREROUTING ${match} ${dnat()}`])).toBe(want)
  })

  test.each([
    { match: '-s 2001:db8:203::9/128', want: '1/1 [2001:db8::4]:8080' },
    { match: '-s 2001:db8:203::8/125', want: '1/1 [2001:db8::4]:8080' },
    { match: '! -d 2001:db8:96::1/128', want: '1/1 untouched' },
    { match: '-d ::/0', want: '1/1 [2001:db8::4]:8080' },
    { match: '-d 0.0.0.0/0', want: '1/1 untouched' },
  ])('IPv6: $match', ({ match, want }) => {
    expect(walk([`nat PREROUTING ${match} ${dnat('[2001:db8:0::4]:8080')}`], six)).toBe(want)
  })

  test.each([
    { match: '-i eth0', want: no },
    { match: '! -i eth0', want: yes },
    { match: '-i +', want: yes },
    { match: '-i veth+', want: no },
    { match: '-m addrtype --src-type LOCAL', want: yes },
  ])('for what the node sends, which came in by no interface: $match', ({ match, want }) => {
    expect(walk([`nat OUTPUT ${match} ${dnat()}`], sent)).toBe(want)
  })
})

describe('what is not known is not taken for matching', () => {
  test.each([
    { rule: '-m set --match-set blocked src -j DROP', why: '"-m set"' },
    { rule: '-m tcp --sport 1024 -j DROP', why: '"--sport 1024"' },
    { rule: '-o eth1 -j DROP', why: '"-o eth1"' },
    { rule: '-s 10.0.0.0/255.0.255.0 -j DROP', why: '"-s 10.0.0.0/255.0.255.0"' },
    { rule: '-p 6 -j DROP', why: '"-p 6"' },
    { rule: '-m addrtype --dst-type BROADCAST -j DROP', why: '"--dst-type BROADCAST"' },
    { rule: '-m conntrack --ctstate FOO -j DROP', why: '"--ctstate FOO"' },
    { rule: '-m mark --mark x -j DROP', why: '"--mark x"' },
    { rule: '-m statistic --mode nth --every 2 --packet 0 -j DROP', why: '"--mode nth"' },
    { rule: '-m statistic --mode random ! --probability 0.5 -j DROP', why: '"! --probability 0.5"' },
    { rule: '-g MINE', why: '"-g MINE"' },
  ])('$rule', ({ rule, why }) => {
    expect(() => walk([`filter FORWARD ${rule}`])).toThrow(
      `Cannot walk the rule "-A FORWARD ${rule}": ${why} is not known here`,
    )
  })

  test('unless the rule does not match anyway', () => {
    expect(walk(['filter FORWARD -p udp -m set --match-set blocked src -j DROP'])).toBe('1/1 untouched')
    expect(walk(['filter FORWARD -m set --match-set blocked src -p udp -j DROP'])).toBe('1/1 untouched')
  })

  test.each([
    '-j LOG',
    '-j NOWHERE',
    '-j MARK --set-xmark 0x4000/0x4000 --or-mark 0x1',
    '-j DNAT --to-destination 10.0.0.1-10.0.0.9',
    '-j DNAT --to-destination 10.0.0.1:80 --random',
    '-j MASQUERADE --to-ports 1024-2048',
    '-j DROP --because',
  ])('target: %s', (rule) => {
    expect(() => walk([`nat PREROUTING ${rule}`])).toThrow(
      `Cannot walk the rule "-A PREROUTING ${rule}": its target is not known here`,
    )
  })
})

describe('shares', () => {
  const third = '-m statistic --mode random --probability'
  test.each([
    { tool: 'ours', p: ['0.3333333333', '0.5000000000'] },
    { tool: 'iptables-save', p: ['0.33333333349', '0.50000000000'] },
  ])('are exact, as printed by $tool', ({ p }) => {
    const rules = ['1', '2', '3'].map((last, i) => `nat S ${p[i] ? `${third} ${p[i]} ` : ''}-j E${last}`)
    const ends = ['1', '2', '3'].map((last) => `nat E${last} ${dnat(`10.0.0.${last}:80`)}`)
    expect(walk(['nat PREROUTING -j S', ...rules, ...ends])).toBe('1/3 10.0.0.1:80, 1/3 10.0.0.2:80, 1/3 10.0.0.3:80')
  })

  test('that are no 1/n are refused', () => {
    expect(() => walk([`nat PREROUTING ${third} 0.4 ${dnat()}`])).toThrow('"--probability 0.4" is no 1/n')
    expect(() => walk([`nat PREROUTING ${third} 0.0000099999 ${dnat()}`])).toThrow('is no 1/n')
  })

  test('of one leave nothing', () => {
    expect(walk([`nat PREROUTING ${third} 1.00000000000 ${dnat()}`])).toBe('1/1 10.244.1.4:8080')
  })
})

describe('chains', () => {
  test('RETURN goes back to the rule after the jump, and so does the end of a chain', () => {
    expect(walk(['filter FORWARD -j A', 'filter FORWARD -j DROP', 'filter A -j RETURN', 'filter A -j REJECT'])).toBe(
      '1/1 drop',
    )
    expect(walk(['filter FORWARD -j A', 'filter FORWARD -j DROP', 'filter A -p udp -j REJECT'])).toBe('1/1 drop')
  })

  test('ACCEPT ends a table, not the walk', () => {
    expect(walk(['filter FORWARD -j ACCEPT', 'filter FORWARD -j DROP', 'nat POSTROUTING -j MASQUERADE'])).toBe(
      '1/1 untouched M',
    )
    expect(walk(['nat PREROUTING -j ACCEPT', `nat PREROUTING ${dnat()}`, 'filter FORWARD -j DROP'])).toBe('1/1 drop')
  })

  test('that lead back to themselves are refused', () => {
    expect(() => walk(['nat PREROUTING -j A', 'nat A -j B', 'nat B -j A'])).toThrow(
      'Cannot walk the rule "-A B -j A": it leads back to A',
    )
  })

  test('that split a packet over and over are given up', () => {
    const half = '-m statistic --mode random --probability 0.5000000000'
    const rules = Array.from({ length: 40 }, (_unused, i) => `nat PREROUTING ${half} -j MARK --or-mark 0x${i + 1}`)
    expect(() => walk(rules)).toThrow('it comes to more than 100000 ways')
  })
})

describe('marks', () => {
  const masquerade = ['nat POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN', 'nat POSTROUTING -j MASQUERADE']
  test.each([
    { set: ['--or-mark 0x00004000'], want: ' M' },
    { set: ['--set-xmark 0x4000/0x4000'], want: ' M' },
    { set: ['--set-mark 0xffff'], want: ' M' },
    { set: ['--or-mark 0x8000'], want: '' },
    { set: ['--or-mark 0x4000', '--xor-mark 0x4000'], want: '' },
    { set: ['--or-mark 0x4000', '--set-xmark 0x4000/0x0'], want: '' },
    { set: ['--or-mark 0x4000', '--set-xmark 0x0/0x4000'], want: '' },
    { set: ['--or-mark 0x4000', '--and-mark 0xffffbfff'], want: '' },
    { set: ['--or-mark 0x4000', '--set-mark 0x1/0x1'], want: ' M' },
  ])('$set', ({ set, want }) => {
    const marks = set.map((option) => `nat PREROUTING -j MARK ${option}`)
    expect(walk([...marks, ...masquerade])).toBe(`1/1 untouched${want}`)
  })

  test('the highest bit is one like the others', () => {
    const top = ['nat POSTROUTING -m mark ! --mark 0x80000000/0x80000000 -j RETURN', 'nat POSTROUTING -j MASQUERADE']
    expect(walk(['nat PREROUTING -j MARK --set-xmark 0x80000000/0x80000000', ...top])).toBe('1/1 untouched M')
  })
})

describe('hooks', () => {
  const node = '192.0.2.7'
  test.each([
    { name: 'through the node', packet: arriving, want: ['FORWARD'] },
    { name: 'to the node', packet: { ...arriving, destination: node }, want: ['INPUT'] },
    { name: 'from the node', packet: sent, want: ['OUTPUT'] },
    { name: 'from the node to itself', packet: { ...sent, destination: node }, want: ['INPUT', 'OUTPUT'] },
    { name: 'on localhost', packet: { ...sent, source: '::1', destination: '::1' }, want: ['INPUT', 'OUTPUT'] },
  ])('$name: $want', ({ packet, want }) => {
    expect(hooksOf(packet)).toEqual(want)
  })

  test('the translated destination says which', () => {
    const toPod = [`nat PREROUTING ${dnat()}`, `nat OUTPUT ${dnat()}`]
    const toNode = [`nat PREROUTING ${dnat(`${node}:80`)}`, `nat OUTPUT ${dnat(`${node}:80`)}`]
    expect(hooksOf({ ...arriving, destination: node }, toPod)).toEqual(['FORWARD'])
    expect(hooksOf({ ...sent, destination: node }, toPod)).toEqual(['OUTPUT'])
    expect(hooksOf(arriving, toNode)).toEqual(['INPUT'])
    expect(hooksOf(sent, toNode)).toEqual(['INPUT', 'OUTPUT'])
  })

  test('a translated packet is DNAT to conntrack, and new still', () => {
    const rules = [`nat PREROUTING ${dnat()}`, 'filter FORWARD -m conntrack --ctstate DNAT -j DROP']
    expect(walk(rules)).toBe('1/1 drop')
    expect(walk(rules.toSpliced(0, 1))).toBe('1/1 untouched')
    expect(walk([`nat PREROUTING ${dnat()}`, 'filter FORWARD -m conntrack ! --ctstate NEW -j DROP'])).toBe(
      '1/1 10.244.1.4:8080',
    )
  })

  test('what comes in to the node is not masqueraded; what it sends to itself is, and comes back so', () => {
    const masquerade = 'nat POSTROUTING -j MASQUERADE --random-fully'
    expect(walk([masquerade], { ...arriving, destination: node })).toBe('1/1 untouched')
    const back = { ...sent, source: '127.0.0.1', destination: node }
    expect(walk([masquerade], back)).toBe('1/1 untouched M')
    expect(walk([masquerade, 'filter INPUT -i lo -s 192.0.2.7 -j REJECT'], back)).toBe('1/1 reject')
  })

  test('the chains of the kernel are not there as long as nobody has used the table', () => {
    expect(walk([])).toBe('1/1 untouched')
  })
})
