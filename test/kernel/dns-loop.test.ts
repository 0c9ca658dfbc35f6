import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { dig, DnsNode } from '../support/dns-node.ts'

let node: DnsNode

beforeAll(async () => {
  node = await DnsNode.create()
  node.outside.unbound(
    5312,
    ['interface: 192.0.2.53@53', 'access-control: 0.0.0.0/0 allow'],
    ['forward-zone:', '  name: .', '  forward-addr: 192.0.2.10'],
  )
  await vi.waitUntil(
    async () => !(await dig(node.outside, '192.0.2.53', 'localhost', '+time=1')).startsWith('no'),
    20_000,
  )
}, 60_000)

afterEach(() => node.killAgents())

afterAll(() => node[Symbol.asyncDispose]())

test('a loop through a server outside is found', { timeout: 60_000 }, async () => {
  await node.write('Corefile', '.:53 {\n errors\n loop\n forward . 192.0.2.53\n}\n')
  const agent = await node.start('-f', 'rulesets/clusters/external-name.yaml')
  const found = () => agent.printed().match(/plugin\/loop: Loop detected for zone "\."/g)?.length
  await expect.poll(found, { timeout: 30_000 }).toBe(1)
})
