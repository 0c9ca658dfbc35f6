import { expect, test } from 'vitest'
import { watchedResources } from '../../src/agent/watched-resources.ts'
import { parseCorefile } from '../../src/config/corefile/corefile.ts'

function watched(text: string | undefined): readonly string[] {
  const corefile = text === undefined ? undefined : parseCorefile({ name: 'Corefile', text }, nothing)
  const { rules, names: others } = watchedResources('worker-1', corefile)
  return [...rules, ...others].map(
    ({ path, fieldSelector, labelSelector }) =>
      `${path.split('/').at(-1)}${[fieldSelector, labelSelector].map((selector) => (selector === undefined ? '' : ` ${selector}`)).join('')}`,
  )
}

const nothing = { environment: () => undefined, files: () => [] }
const proxied = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless'
const running = 'status.phase!=Succeeded,status.phase!=Failed'
const names = ['services', 'endpointslices', 'nodes metadata.name=worker-1', 'servicecidrs', 'namespaces']

test.each([
  [
    'rules alone: what kube-proxy watches',
    undefined,
    [`services ${proxied}`, `endpointslices ${proxied}`, 'nodes metadata.name=worker-1', 'servicecidrs'],
  ],
  ['names: no pods', '.:53 {\n kubernetes cluster.local {\n pods insecure\n }\n}', names],
  [
    'pods verified: all pods',
    '.:53 {\n kubernetes cluster.local {\n pods verified\n }\n}',
    [...names, `pods ${running}`],
  ],
  [
    'autopath: the pods of this node',
    '.:53 {\n autopath @kubernetes\n kubernetes cluster.local\n}',
    [...names, `pods spec.nodeName=worker-1,${running}`],
  ],
  [
    'both: all pods, once',
    '.:53 {\n autopath @kubernetes\n kubernetes cluster.local {\n pods verified\n }\n}',
    [...names, `pods ${running}`],
  ],
  [
    'multicluster: ServiceImports',
    '.:53 {\n kubernetes cluster.local clusterset.local {\n multicluster clusterset.local\n }\n}',
    [...names, 'serviceimports'],
  ],
])('%s', (_, corefile, expected) => {
  expect(watched(corefile)).toEqual(expected)
})
