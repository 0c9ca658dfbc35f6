import { expect, test } from 'vitest'
import { pointsman } from '../support/command-line.ts'

const cluster = `
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: cart }
spec: { clusterIP: 10.96.7.20, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: gone }
spec: { type: ExternalName, externalName: nope.shop.svc.cluster.local }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: away }
spec: { type: ExternalName, externalName: api.example.com }
---
apiVersion: v1
kind: Pod
metadata: { namespace: web, name: front-0 }
spec: { dnsConfig: { options: [{ name: ndots, value: "2" }] } }
`
const ask = (...args: readonly string[]) => pointsman(['resolve', '-f', '-', ...args], { input: cluster })

test('every name of the search list in order, up to the answer', async () => {
  const { exitCode, stdout } = await ask('cart.shop', 'A', '--from', 'web/anything')
  expect(exitCode).toBe(0)
  expect(stdout).toBe(`search web.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
cart.shop.web.svc.cluster.local. A NXDOMAIN
cart.shop.svc.cluster.local. A NOERROR
  cart.shop.svc.cluster.local. 5 IN A 10.96.7.20
cart.shop.cluster.local. not asked
cart.shop. not asked
`)
})

test('the pod decides about ndots: a name with enough dots is asked as it is first', async () => {
  const { exitCode, stdout } = await ask('api.example.com', 'A', '--from', 'web/front-0')
  expect(exitCode).toBe(1)
  expect(stdout.split('\n').slice(1, 4)).toEqual([
    'options ndots:2',
    'api.example.com. A REFUSED (not a name of this zone: an upstream resolver answers it)',
    'api.example.com.web.svc.cluster.local. A NXDOMAIN',
  ])
})

test('A and AAAA are asked together; no answer of a family is NODATA', async () => {
  const { stdout } = await ask('cart.shop.svc.cluster.local')
  expect(stdout).toBe(`cart.shop.svc.cluster.local. A NOERROR
  cart.shop.svc.cluster.local. 5 IN A 10.96.7.20
cart.shop.svc.cluster.local. AAAA NODATA
`)
})

test('an alias to a missing name is no answer, and the search goes on; one that leads outside is', async () => {
  const missing = await ask('gone.shop', 'A', '--from', 'web/x')
  expect(missing.exitCode).toBe(1)
  expect(missing.stdout).toContain(`gone.shop.svc.cluster.local. A NXDOMAIN
  gone.shop.svc.cluster.local. 5 IN CNAME nope.shop.svc.cluster.local.
gone.shop.cluster.local. A NXDOMAIN
`)
  const outside = await ask('away.shop.svc.cluster.local.', 'A')
  expect(outside).toMatchObject({
    exitCode: 0,
    stdout: `away.shop.svc.cluster.local. A NOERROR (an upstream resolver goes on at api.example.com.)
  away.shop.svc.cluster.local. 5 IN CNAME api.example.com.
`,
  })
})

test('an address is asked for by its reverse name, and types are read as dig reads them', async () => {
  expect((await ask('10.96.7.20', 'ptr')).stdout).toContain('PTR cart.shop.svc.cluster.local.')
  expect((await ask('cart.shop.svc.cluster.local', 'mx')).stdout).toBe('cart.shop.svc.cluster.local. mx NODATA\n')
  expect((await ask('cart.shop.svc.cluster.local', 'nonsense')).stderr).toMatch(/^Unknown record type "nonsense"/)
})

test('--from must name a pod with its namespace', async () => {
  const { exitCode, stderr } = await ask('cart', '--from', 'front-0')
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: '--from "front-0": expected NAMESPACE/POD, such as shop/web-0\n',
  })
})
