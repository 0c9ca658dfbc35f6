import { expect, test } from 'vitest'
import { Field } from '../../src/model/field.ts'
import { objectName, parseObject, type ModelObject } from '../../src/model/object.ts'

const metadata = { namespace: 'shop', name: 'cart' }
const parse = (spec: object): unknown =>
  parseObject(new Field({ apiVersion: 'multicluster.x-k8s.io/v1alpha1', kind: 'ServiceImport', metadata, spec }))

test('a ServiceImport with its addresses and ports', () => {
  expect(parse({ type: 'ClusterSetIP', ips: ['10.98.0.5', ''], ports: [{ name: 'http', port: 80 }] })).toEqual({
    kind: 'ServiceImport',
    namespace: 'shop',
    name: 'cart',
    headless: false,
    ips: ['10.98.0.5'],
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  })
  expect(parse({ type: 'Headless', ips: ['10.98.0.5'] })).toMatchObject({ headless: true, ips: [] })
})

test('a wrong address is named', () => {
  expect(() => parse({ ips: ['10.98.0'] })).toThrow('spec.ips[0]: expected an IP address, got "10.98.0"')
  expect(() => parse({ type: 'Global' })).toThrow('spec.type: expected one of ClusterSetIP, Headless')
})

test('an EndpointSlice of an import is one of its own kind, and of a Service if it says that too', () => {
  const of = 'multicluster.kubernetes.io'
  const labels = { [`${of}/service-name`]: 'cart', [`${of}/source-cluster`]: 'berlin' }
  const imported = slice(labels)
  expect(imported).toMatchObject({ kind: 'ImportedSlice', importName: 'cart', cluster: 'berlin' })
  expect(imported && objectName(imported)).toBe('ImportedSlice shop/cart')
  expect(slice({ ...labels, 'kubernetes.io/service-name': 'cart' })).toMatchObject({ kind: 'EndpointSlice' })
  expect(slice({ [`${of}/service-name`]: 'cart' })).toBeUndefined()
})

function slice(labels: object): ModelObject | undefined {
  return parseObject(
    new Field({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.1'] }],
    }),
  )
}
