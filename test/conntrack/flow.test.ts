import { expect, test } from 'vitest'
import { parseFlow } from '../../src/backends/conntrack/flow.ts'

const flow = { destination: '10.96.0.10:53', replySource: '10.244.2.7:5353' }
const original = 'src=10.244.1.5 dst=10.96.0.10 sport=4000 dport=53'
const reply = 'src=10.244.2.7 dst=10.244.1.5 sport=5353 dport=4000'

// As conntrack 1.4.7 prints them.
test.each([
  { name: 'answered', line: `udp      17 99 ${original} ${reply} [ASSURED] mark=0 use=1`, want: flow },
  { name: 'unanswered', line: `udp      17 29 ${original} [UNREPLIED] ${reply} mark=0 use=1`, want: flow },
  { name: 'in a zone', line: `udp      17 29 ${original} [UNREPLIED] ${reply} mark=5 zone=7 use=1`, want: flow },
  {
    name: 'in a zone of one direction',
    line: `udp      17 29 ${original} zone-orig=7 [UNREPLIED] ${reply} mark=0 use=1`,
    want: flow,
  },
  {
    name: 'with counters and times',
    line: `udp      17 29 ${original} packets=1 bytes=31 [UNREPLIED] ${reply} packets=0 bytes=0 mark=0 delta-time=0 use=1`,
    want: flow,
  },
  { name: 'offloaded, without a timeout', line: `udp      17 ${original} ${reply} [OFFLOAD] mark=0 use=2`, want: flow },
  {
    name: 'IPv6',
    line: 'udp      17 99 src=2001:db8::5 dst=2001:db8:96::10 sport=4000 dport=53 src=2001:db8::7 dst=2001:db8::5 sport=5353 dport=4000 [ASSURED] mark=0 use=1',
    want: { destination: '[2001:db8:96::10]:53', replySource: '[2001:db8::7]:5353' },
  },
  {
    name: 'of TCP',
    line: `tcp      6 99 ESTABLISHED ${original} ${reply} [ASSURED] mark=0 use=1`,
    want: undefined,
  },
  { name: 'of UDP-Lite', line: `udplite  136 99 ${original} ${reply} [ASSURED] mark=0 use=1`, want: undefined },
  { name: 'cut short', line: `udp      17 99 ${original} src=10.244.2.7 dst=10.244.1.5 sport=5353`, want: undefined },
  { name: 'empty', line: '', want: undefined },
  { name: 'a message', line: 'conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.', want: undefined },
])('a flow $name', ({ line, want }) => {
  expect(parseFlow(line)).toEqual(want)
})
