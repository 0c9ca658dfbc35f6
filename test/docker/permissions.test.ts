import { afterAll, beforeAll, expect, test } from 'vitest'
import { Field } from '../../src/model/field.ts'
import { watchedResources } from '../../src/agent/watched-resources.ts'
import { parseCorefile } from '../../src/config/corefile/corefile.ts'
import { TestApiServer } from '../support/api-server.ts'
import { connect, kubectlOf, type Kubectl } from './kubectl.ts'
import { kustomize, readObject } from './rendered.ts'

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']

let server: TestApiServer
let kubectl: Kubectl

beforeAll(async () => {
  server = await TestApiServer.start()
  kubectl = await connect(server)
  await kubectl(['apply', '--filename=-'], await kustomize('docker/manifests'))
}, 120_000)

afterAll(() => server[Symbol.asyncDispose]())

test('of all that the API server has, the account may do what the agent needs, and nothing else', async () => {
  expect(await beyondAnybody('pointsman')).toEqual(await needed('pods insecure'))
}, 60_000)

test('docker/pods adds what a Corefile needs that verifies pods', async () => {
  await kubectl(['apply', '--filename=docker/pods/rbac.yaml'])
  expect(await beyondAnybody('pointsman')).toEqual(await needed('pods verified'))
}, 60_000)

test('a token of the account is let in, and kept out', async () => {
  const path = '/api/v1/namespaces/kube-system/serviceaccounts/pointsman/token'
  const answer = new Field(await server.call('POST', path, { spec: { expirationSeconds: 600 } }))
  const token = answer.get('status').get('token').text() ?? ''
  const account = await kubectlOf(await server.kubeconfig({ user: { token } }))
  expect(await account(['get', 'services', '--all-namespaces', '--output=name'])).toContain('service/kube-dns')
  await expect(account(['get', 'secrets', '--all-namespaces'])).rejects.toThrow(
    'User "system:serviceaccount:kube-system:pointsman" cannot list resource "secrets"',
  )
})

/** What the agent lists and watches with the manifest's Corefile, in which this takes the place of `pods insecure`, and what it writes. */
async function needed(pods: string): Promise<readonly string[]> {
  const data = (await readObject('docker/manifests/dns-config.yaml')).get('data')
  const text = (data.get('Corefile').text() ?? '').replace('pods insecure', pods)
  const corefile = parseCorefile({ name: 'Corefile', text }, { environment: () => undefined, files: () => [] })
  const { rules, names } = watchedResources('node-1', corefile)
  const watched = [...rules, ...names].map(({ path }) => {
    // /api/v1/nodes, /apis/discovery.k8s.io/v1/endpointslices
    const [resource, , group] = path.split('/').reverse()
    return `${group === 'api' ? '' : `${group} `}${resource}: list watch`
  })
  return [...watched, 'events.k8s.io events: create patch'].sort()
}

/** What an account of kube-system may do that another one, which nothing is said about, may not. */
async function beyondAnybody(account: string): Promise<readonly string[]> {
  const granted: string[] = []
  for (const { group, resource, subresource } of await resources()) {
    const may: string[] = []
    for (const verb of verbs) {
      const attributes = { group, resource, subresource, verb }
      if ((await isAllowed(account, attributes)) && !(await isAllowed('anybody', attributes))) may.push(verb)
    }
    const name = [resource, subresource].filter((part) => part !== '').join('/')
    if (may.length > 0) granted.push(`${group === '' ? '' : `${group} `}${name}: ${may.join(' ')}`)
  }
  return granted.sort()
}

type Attributes = Readonly<Record<'group' | 'resource' | 'subresource' | 'verb', string>>

/** In every namespace. */
async function isAllowed(account: string, resourceAttributes: Attributes): Promise<boolean> {
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated']
  const spec = { user: `system:serviceaccount:kube-system:${account}`, groups, resourceAttributes }
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
  const review = new Field(await server.call('POST', path, { spec }))
  return review.get('status').get('allowed').flag() ?? false
}

/** Every resource and subresource that the server serves. */
async function resources(): Promise<readonly Omit<Attributes, 'verb'>[]> {
  const list = async (group: string, path: string) => {
    const found = new Field(await server.call('GET', path)).get('resources').items()
    return found.map((item) => {
      const [resource = '', subresource = ''] = (item.get('name').text() ?? '').split('/')
      return { group, resource, subresource }
    })
  }
  const groups = new Field(await server.call('GET', '/apis')).get('groups').items()
  const named = groups.map((group) => {
    const version = group.get('preferredVersion').get('groupVersion').text() ?? ''
    return list(group.get('name').text() ?? '', `/apis/${version}`)
  })
  return (await Promise.all([list('', '/api/v1'), ...named])).flat()
}
