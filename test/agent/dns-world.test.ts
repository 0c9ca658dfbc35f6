import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dnsWorld } from '../../src/agent/dns-world.ts'
import { read } from '../config/corefile/read.ts'
import { records } from '../dns/replies.ts'
import { fakeServer, replyTo } from '../upstream/fake-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'pointsman-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const whoami = read('. {\nwhoami\n}')

test('an upstream server with a name is asked for at its resolver, in both families', async () => {
  await using server = await fakeServer({
    udp: ({ query, send }) => {
      const [{ name, type } = { name: '', type: 0 }] = query.questions
      const six = {
        ...records.a(60, name),
        type: 28,
        data: Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...Array<number>(11).fill(0), 7),
      }
      send(replyTo(query, { answers: [type === 28 ? six : records.a(60, name)] }))
    },
  })
  const corefile = read(`. {\nforward . dns.corp.example {\nresolver 127.0.0.1:${server.port}\n}\n}`)
  const { hostAddresses } = await dnsWorld(corefile)
  expect(hostAddresses('dns.corp.example.')).toEqual(['192.0.2.1', '2001:db8::7'])
  expect(hostAddresses('other.example.')).toEqual([])
})

test('one that has no address is named', async () => {
  await using server = await fakeServer({ udp: ({ query, send }) => send(replyTo(query, { rcode: 3 })) })
  const corefile = read(`. {\nforward . dns.corp.example {\nresolver 127.0.0.1:${server.port}\n}\n}`)
  await expect(dnsWorld(corefile)).rejects.toThrow(
    'Cannot find the addresses of the upstream server "dns.corp.example.": queryA ENOTFOUND dns.corp.example',
  )
})

test('the name servers of a resolv.conf, in their order', async () => {
  const path = join(folder, 'resolv.conf')
  writeFileSync(
    path,
    '# nameserver 192.0.2.1\nnameserver 192.0.2.2\nsearch example\nnameserver\tfe80::1%eth0 # last\nnameserver nonsense\n',
  )
  const { nameServers } = await dnsWorld(whoami)
  expect(nameServers(path)).toEqual([
    { host: '192.0.2.2', port: 53 },
    { host: 'fe80::1%eth0', port: 53 },
  ])
  expect(() => nameServers(join(folder, 'none'))).toThrow(`Cannot read ${folder}/none: no such file or directory`)
})

test('an interface has its addresses, and what is sent to all of them is ours', async () => {
  const { interfaceAddresses, ownAddresses } = await dnsWorld(whoami)
  expect(interfaceAddresses('lo')).toContain('127.0.0.1')
  expect(interfaceAddresses('nothing7')).toEqual([])
  expect(['127.0.0.1', '0.0.0.0', '::'].every((address) => ownAddresses.has(address))).toBe(true)
})

test('files of TLS are read, and one that is missing is named', async () => {
  const { openUpstream } = await dnsWorld(whoami)
  const server = { host: '192.0.2.1', port: 853, expireMs: 1000, maxIdle: 1 }
  const upstream = openUpstream({ ...server, tls: { serverName: 'dns.example' } })
  expect(upstream.name).toBe('tls://192.0.2.1:853')
  upstream.close()
  const authority = join(folder, 'ca.pem')
  expect(() => openUpstream({ ...server, tls: { authority } })).toThrow(
    `Cannot read ${authority}: no such file or directory`,
  )
})
