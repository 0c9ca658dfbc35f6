import { expect, test } from 'vitest'
import { deleteArguments, listArguments } from '../../src/backends/conntrack/arguments.ts'
import { expectStaleFlows, staleFlowsOf } from '../../src/backends/conntrack/stale.ts'
import { watchFrontends } from '../../src/backends/conntrack/watch.ts'
import type { UdpFrontend } from '../../src/plan/udp-frontends.ts'

const vip = '10.96.0.10:53'
const [a, b, c] = ['10.244.1.1:5353', '10.244.1.2:5353', '10.244.1.3:5353']

/** `10.96.0.10:53 -> a, b` in objects. */
function dns(targets: readonly string[], more: Partial<UdpFrontend> = {}): readonly UdpFrontend[] {
  return [{ addresses: ['10.96.0.10'], port: 53, targets, ...more }]
}

/** What to watch when one service goes from `before` to `after` while `others` stay as they are. */
function watch(before: readonly UdpFrontend[], after: readonly UdpFrontend[], others: readonly UdpFrontend[] = []) {
  return watchFrontends([{ before, after }], [after, others], ['192.0.2.7', '10.244.0.1'])
}

test.each([
  { name: 'one that goes on serving', replySource: a, after: dns([a, b]), want: undefined },
  { name: 'one that is gone', replySource: c, after: dns([a, b]), want: { destination: vip, replySource: c } },
  {
    name: 'nobody, where endpoints are',
    replySource: vip,
    after: dns([a]),
    want: { destination: vip, replySource: vip },
  },
  { name: 'nobody, where none is', replySource: vip, after: dns([]), want: undefined },
  { name: 'the last that is gone', replySource: a, after: dns([]), want: { destination: vip } },
  { name: 'one of a service that is gone', replySource: a, after: [], want: { destination: vip } },
])('a flow answered by $name', ({ replySource, after, want }) => {
  expect(staleFlowsOf({ destination: vip, replySource }, watch(dns([a]), after))).toEqual(want)
})

test('flows to other destinations are not stale, whoever answers them', () => {
  const gone = watch(dns([a], { nodePort: 30053 }), [])
  const others = ['10.96.0.11:53', '10.96.0.10:54', '192.0.2.8:30053', '192.0.2.7:53', '10.96.0.10:30053', a]
  for (const destination of others) expect(staleFlowsOf({ destination, replySource: a }, gone)).toBeUndefined()
  expect(staleFlowsOf({ destination: '10.244.0.1:30053', replySource: a }, gone)).toBeDefined()
})

test('an address that goes from one service to another belongs to the endpoints of its new owner', () => {
  const moved = watch(dns([a]), [], dns([b]))
  expect(staleFlowsOf({ destination: vip, replySource: b }, moved)).toBeUndefined()
  expect(staleFlowsOf({ destination: vip, replySource: a }, moved)).toEqual({ destination: vip, replySource: a })
})

test.each([
  { name: 'an endpoint goes', before: dns([a, b]), after: dns([b]), want: [{ destination: vip, replySource: a }] },
  { name: 'an endpoint comes', before: dns([a]), after: dns([a, b]), want: [] },
  { name: 'nothing changes', before: dns([a]), after: dns([a]), want: [] },
  { name: 'the last endpoint goes', before: dns([a, b]), after: dns([]), want: [{ destination: vip }] },
  {
    name: 'the first endpoint comes',
    before: dns([]),
    after: dns([a]),
    want: [{ destination: vip, replySource: vip }],
  },
  { name: 'a service goes', before: dns([a, b]), after: [], want: [{ destination: vip }] },
  { name: 'a service without endpoints goes', before: dns([]), after: [], want: [] },
  {
    name: 'the address changes',
    before: dns([a]),
    after: dns([a], { addresses: ['10.96.0.11'] }),
    want: [{ destination: vip }, { destination: '10.96.0.11:53', replySource: '10.96.0.11:53' }],
  },
  {
    name: 'an endpoint of a node port goes',
    before: dns([a, b], { nodePort: 30053 }),
    after: dns([b], { nodePort: 30053 }),
    want: [vip, '192.0.2.7:30053', '10.244.0.1:30053'].map((destination) => ({ destination, replySource: a })),
  },
])('what to expect when $name', ({ before, after, want }) => {
  expect(expectStaleFlows(watch(before, after))).toEqual(want)
})

test('the arguments name the flows and nothing else', () => {
  const udp = ['-p', 'udp', '-f', 'ipv4']
  expect(listArguments('IPv4', undefined)).toEqual(['-L', ...udp])
  expect(listArguments('IPv4', '10.96.0.10')).toEqual(['-L', ...udp, '--orig-dst', '10.96.0.10'])
  const to = ['--orig-dst', '10.96.0.10', '--orig-port-dst', '53']
  expect(deleteArguments('IPv4', { destination: vip })).toEqual(['-D', ...udp, ...to, '--dst-nat'])
  const from = ['--reply-src', '10.244.1.1', '--reply-port-src', '5353']
  expect(deleteArguments('IPv4', { replySource: a })).toEqual(['-D', ...udp, ...from, '--dst-nat'])
  const ipv6 = { destination: '[2001:db8:96::10]:53', replySource: '[2001:db8::7]:5353' }
  expect(deleteArguments('IPv6', ipv6).join(' ')).toBe(
    '-D -p udp -f ipv6 --orig-dst 2001:db8:96::10 --orig-port-dst 53 --reply-src 2001:db8::7 --reply-port-src 5353',
  )
})
