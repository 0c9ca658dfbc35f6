import { expect, test } from 'vitest'
import { cleanNodeLocal, renderNodeLocal } from '../../src/backends/iptables/node-local-rules.ts'
import { parseSavedRules, savedForm } from '../../src/backends/iptables/saved-rules.ts'
import { dnsPorts } from '../../src/plan/node-local-dns.ts'
import { savedText } from '../support/saved-text.ts'

const empty = parseSavedRules('')
const packets = { addresses: ['10.96.0.10', '169.254.20.10'], ports: dnsPorts }
const whole = renderNodeLocal(packets, empty)
const kernel = savedText(whole)
const render = (saved: string) => renderNodeLocal(packets, parseSavedRules(saved))

test('what the kernel has is not sent again', () => {
  expect(render(kernel)).toBe('')
})

test.each([
  {
    name: 'a rule that is gone: its chain alone is written anew',
    saved: kernel.replace(/^-A POINTSMAN-DNS-OUT -s 10\.96\.0\.10\/32 -p udp .* -j CT --notrack\n/m, ''),
    want: /^\*raw\n:POINTSMAN-DNS-OUT - \[0:0\]\n(-A POINTSMAN-DNS-OUT .*\n){8}COMMIT\n$/,
  },
  {
    name: 'a jump that is gone is inserted',
    saved: kernel.replace(/^-A PREROUTING .*\n/m, ''),
    want: /^\*raw\n-I PREROUTING .* -j POINTSMAN-DNS-IN\nCOMMIT\n$/,
  },
  {
    name: 'a jump that is there twice goes once',
    saved: kernel.replace(/^(-A INPUT .*\n)/m, '$1$1'),
    want: /^\*filter\n-D INPUT .* -j POINTSMAN-DNS-IN\nCOMMIT\n$/,
  },
])('$name', ({ saved, want }) => {
  expect(saved).not.toBe(kernel)
  expect(render(saved)).toMatch(want)
})

test('another address rewrites chains, and no jump', () => {
  const moved = renderNodeLocal({ ...packets, addresses: ['10.96.0.11'] }, parseSavedRules(kernel))
  expect(moved).not.toContain('-I ')
  expect(moved.match(/^:/gm)?.length).toBe(4)
  expect(moved).not.toContain('169.254.20.10')
})

test('a health port is let in, and not tracked, as the others are', () => {
  const ports = [...dnsPorts, { protocol: 'tcp', port: 8080 } as const]
  const added = renderNodeLocal({ addresses: ['169.254.20.10'], ports }, empty)
  expect(added.match(/^-A .*port 8080 .*$/gm)).toEqual([
    '-A POINTSMAN-DNS-IN -d 169.254.20.10/32 -p tcp -m tcp --dport 8080 -j ACCEPT',
    '-A POINTSMAN-DNS-OUT -s 169.254.20.10/32 -p tcp -m tcp --sport 8080 -j ACCEPT',
    '-A POINTSMAN-DNS-IN -d 169.254.20.10/32 -p tcp -m tcp --dport 8080 -j CT --notrack',
    '-A POINTSMAN-DNS-OUT -d 169.254.20.10/32 -p tcp -m tcp --dport 8080 -j CT --notrack',
    '-A POINTSMAN-DNS-OUT -s 169.254.20.10/32 -p tcp -m tcp --sport 8080 -j CT --notrack',
  ])
})

test('removal begins with the raw table, names nothing but ours, and is empty where there is nothing', () => {
  const others = '*nat\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -j RETURN\nCOMMIT\n'
  const { document } = cleanNodeLocal(parseSavedRules(kernel + others))
  expect(document.split('\n').filter((line) => !/POINTSMAN-DNS-(IN|OUT)/.test(line))).toEqual([
    '*raw',
    'COMMIT',
    '*filter',
    'COMMIT',
    '',
  ])
  expect(renderNodeLocal({ ...packets, addresses: [] }, parseSavedRules(kernel))).toBe(document)
  expect(cleanNodeLocal(empty)).toEqual({ document: '', leading: [], kept: [] })
})

test('a list of one table is read as iptables-save prints it', () => {
  const listed = '-P PREROUTING ACCEPT\n-P OUTPUT DROP\n-N POINTSMAN-DNS-IN\n-A PREROUTING -j POINTSMAN-DNS-IN\n'
  expect(savedForm('raw', listed)).toBe(
    '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT DROP [0:0]\n:POINTSMAN-DNS-IN - [0:0]\n-A PREROUTING -j POINTSMAN-DNS-IN\nCOMMIT\n',
  )
})
