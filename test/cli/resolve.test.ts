import { expect, test } from 'vitest'
import { pointsman } from '../support/command-line.ts'
import { pointsmanHere } from '../support/in-process.ts'

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

const file = 'test/cli/resolve/cluster.yaml'

/** What is asked, by which pod in `web`, and the exit code. The files are what a colleague reads to see how it looks. */
const golden = [
  { name: 'own-service', ask: ['front'], pod: 'front-0', exitCode: 0 },
  { name: 'other-namespace', ask: ['cart.shop'], pod: 'front-0', exitCode: 0 },
  { name: 'full-name', ask: ['cart.shop.svc.cluster.local'], pod: 'front-0', exitCode: 0 },
  { name: 'final-dot', ask: ['cart.shop.svc.cluster.local.'], pod: 'front-0', exitCode: 0 },
  { name: 'missing', ask: ['crat'], pod: 'front-0', exitCode: 1 },
  { name: 'missing-in-other-namespace', ask: ['crat.shop'], pod: 'front-0', exitCode: 1 },
  { name: 'external', ask: ['api.example.com'], pod: 'front-0', exitCode: 1 },
  { name: 'headless', ask: ['db-0.db.shop', 'A'], pod: 'front-0', exitCode: 0 },
  { name: 'headless-without-endpoints', ask: ['empty.shop'], pod: 'front-0', exitCode: 1 },
  { name: 'external-name', ask: ['away.shop', 'A'], pod: 'front-0', exitCode: 0 },
  { name: 'external-name-in-own-namespace', ask: ['alias', 'AAAA'], pod: 'front-0', exitCode: 0 },
  { name: 'srv', ask: ['_sql._tcp.db.shop', 'SRV'], pod: 'front-0', exitCode: 0 },
  { name: 'ndots-1', ask: ['cart.shop'], pod: 'ndots-1', exitCode: 0 },
  { name: 'ndots-1-external', ask: ['api.example.com'], pod: 'ndots-1', exitCode: 1 },
  { name: 'more-searches', ask: ['cart', 'A'], pod: 'more', exitCode: 0 },
  { name: 'root-in-search-list', ask: ['api.example.com'], pod: 'root', exitCode: 1 },
  { name: 'host-network', ask: ['cart.shop'], pod: 'host', exitCode: 1 },
  { name: 'host-network-cluster-first', ask: ['cart.shop', 'A'], pod: 'host-in-cluster', exitCode: 0 },
  { name: 'policy-default', ask: ['api.example.com', 'A'], pod: 'default', exitCode: 1 },
  { name: 'policy-none', ask: ['cart.shop', 'A'], pod: 'none', exitCode: 1 },
  { name: 'policy-none-cluster-dns', ask: ['cart.shop', 'A'], pod: 'none-in-cluster', exitCode: 0 },
  { name: 'finished', ask: ['cart.shop', 'A'], pod: 'done', exitCode: 0 },
] as const

test.each(golden)('$name', async ({ name, ask: words, pod, exitCode }) => {
  const ended = await pointsmanHere(['resolve', '-f', file, ...words, '--from', `web/${pod}`])
  expect({ ...ended, stdout: '' }).toEqual({ exitCode, stdout: '', stderr: '' })
  await expect(ended.stdout).toMatchFileSnapshot(`resolve/${name}.txt`)
})

test('a pod that is not in the input is an ordinary one', async () => {
  const { exitCode, stdout, stderr } = await pointsmanHere([
    'resolve',
    '-f',
    file,
    'cart.shop',
    '--from',
    'web/anything',
  ])
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: 'Pod web/anything is not in the input; taking dnsPolicy ClusterFirst without a dnsConfig.\n',
  })
  const known = await pointsmanHere(['resolve', '-f', file, 'cart.shop', '--from', 'web/front-0'])
  expect(stdout.replaceAll('web/anything', 'web/front-0')).toBe(known.stdout)
})

test('--output json: the same for scripts', async () => {
  const args = ['resolve', '-f', file, '-o', 'json', 'away.shop', 'A', '--from', 'web/ndots-1']
  const { exitCode, stdout } = await pointsmanHere(args)
  expect(exitCode).toBe(0)
  await expect(stdout).toMatchFileSnapshot('resolve/external-name.json')
  const absolute = await pointsmanHere(['resolve', '-f', file, '-o', 'json', 'api.example.com', 'A'])
  expect(absolute.exitCode).toBe(1)
  expect(JSON.parse(absolute.stdout)).toEqual({
    apiVersion: 'pointsman/v1',
    kind: 'Resolution',
    name: 'api.example.com',
    queries: [
      { name: 'api.example.com.', type: 'A', times: 1, answer: 'UPSTREAM', upstream: 'api.example.com.', records: [] },
    ],
  })
})

test('without the Service of the cluster DNS a name server of a pod cannot be told from it', async () => {
  const pod =
    'apiVersion: v1\nkind: Pod\nmetadata: { namespace: web, name: none }\nspec: { dnsPolicy: None, dnsConfig: { nameservers: [10.96.0.10] } }\n'
  const { stdout } = await pointsman(['resolve', '-f', '-', 'cart', '--from', 'web/none'], { input: pod })
  expect(stdout.split('\n')[0]).toBe(
    'web/none asks 10.96.0.10 (dnsPolicy None), supposed to be the cluster DNS: Service kube-system/kube-dns is not in the input.',
  )
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
  expect(missing.stdout).toContain(`  gone.shop.svc.cluster.local. A NXDOMAIN
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

test('a name outside is not answered from files', async () => {
  expect(await ask('api.example.com', 'A')).toMatchObject({
    exitCode: 1,
    stdout: 'api.example.com. A an upstream resolver answers\n',
  })
})

test('an address is asked for by its reverse name, and types are read as dig reads them', async () => {
  expect((await ask('10.96.7.20', 'ptr')).stdout).toContain('PTR cart.shop.svc.cluster.local.')
  expect((await ask('cart.shop.svc.cluster.local', 'mx')).stdout).toBe('cart.shop.svc.cluster.local. MX NODATA\n')
  expect((await ask('cart.shop.svc.cluster.local', 'nonsense')).stderr).toMatch(/^Unknown record type "nonsense"/)
})

test('what is no name is refused with a sentence', async () => {
  expect(await ask('cart..shop')).toMatchObject({
    exitCode: 2,
    stderr: 'Cannot look up "cart..shop": a DNS name has labels of 1 to 63 ASCII characters, 253 together\n',
  })
})

test('--from must name a pod with its namespace', async () => {
  const { exitCode, stderr } = await ask('cart', '--from', 'front-0')
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: '--from "front-0": expected NAMESPACE/POD, such as shop/web-0\n',
  })
})
