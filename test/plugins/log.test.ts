import { expect, test } from 'vitest'
import { opt } from '../dns/codec.ts'
import { records } from '../dns/replies.ts'
import { serve } from './served.ts'

const front = 'front.web.svc.cluster.local'
const logging = (log: string) =>
  serve(`. {\n${log}\nkubernetes cluster.local\nforward . 198.51.100.1\n}`, ({ name }) => {
    if (name.startsWith('no.')) return { rcode: 3, authority: [records.soa(60)] }
    if (name.startsWith('gone.')) return 'refusing'
    if (name.startsWith('alias.')) return { answers: [records.cname(60, name)], authority: [records.soa(60)] }
    return { answers: [records.a(60, name)], afterMs: 20 }
  })

test.each([
  {
    name: 'Front.web.svc.cluster.local',
    want: '[INFO] 10.244.1.7:40112 - 4711 "A IN front.web.svc.cluster.local. udp 45 false 512" NOERROR qr,aa,rd 88 0s',
  },
  {
    name: front,
    question: { type: 'TXT', transport: 'tcp', from: '2001:db8::7', packet: { flags: 0 } },
    want: `[INFO] [2001:db8::7]:40112 - 4711 "TXT IN ${front}. tcp 45 false 65535" NOERROR qr,aa 138 0s`,
  },
  {
    name: 'www.example.com',
    question: { packet: { additionals: opt({ flags: 0x8000 }) } },
    want: '[INFO] 10.244.1.7:40112 - 4711 "A IN www.example.com. udp 44 true 4096" NOERROR qr,rd,ra,ad 64 0.02s',
  },
  {
    name: 'no.example.com',
    want: '[INFO] 10.244.1.7:40112 - 4711 "A IN no.example.com. udp 32 false 512" NXDOMAIN qr,rd,ra 77 0s',
  },
  {
    name: 'gone.example.com',
    want: '[INFO] 10.244.1.7:40112 - 4711 "A IN gone.example.com. udp 34 false 512" SERVFAIL qr,rd 34 0.1s',
  },
] as const)('log: $want', async ({ name, want, ...more }) => {
  const { ask, lines } = logging('log')
  await ask(name, 'question' in more ? more.question : {})
  expect(lines).toEqual([want])
})

test.each([
  { log: 'log . "{combined}"', want: /NOERROR qr,aa,rd 88 0s "0"$/ },
  {
    log: 'log . "{local} {/kubernetes/client-namespace} {\\"name\\":\\"{name}\\"}"',
    want: /^\[INFO\] 192\.0\.2\.10 - \{"name":"front\.web\.svc\.cluster\.local\."\}$/,
  },
  { log: 'log . "{class} {>opcode} {port} x"', want: /^\[INFO\] IN 0 40112 x$/ },
])('$log', async ({ log, want }) => {
  const { ask, lines } = logging(log)
  await ask(front)
  expect(lines).toEqual([expect.stringMatching(want)])
})

test.each([
  { log: 'log', want: ['found', 'alias', 'no', 'gone', 'svc'] },
  { log: 'log . {\nclass success\n}', want: ['found', 'alias', 'svc'] },
  { log: 'log . {\nclass denial\n}', want: ['no'] },
  { log: 'log . {\nclass error\n}', want: ['gone'] },
  { log: 'log . {\nclass denial error\n}', want: ['no', 'gone'] },
  { log: 'log cluster.local', want: ['svc'] },
  { log: 'log cluster.local {\nclass error\n}\nlog . {\nclass success\n}', want: ['found', 'alias'] },
])('$log logs $want', async ({ log, want }) => {
  const { ask, lines } = logging(log)
  const names = {
    found: 'www.example.com',
    alias: 'alias.example.com',
    no: 'no.example.com',
    gone: 'gone.example.com',
    svc: front,
  }
  for (const name of Object.values(names)) await ask(name)
  expect(
    Object.entries(names).flatMap(([key, name]) => (lines.some((line) => line.includes(name)) ? [key] : [])),
  ).toEqual(want)
  expect(lines).toHaveLength(want.length)
})
