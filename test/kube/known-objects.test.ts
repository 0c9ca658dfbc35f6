import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KnownObjects } from '../../src/kube/known-objects.ts'
import { endpointSlices, services } from '../../src/kube/resource.ts'
import { Field } from '../../src/model/field.ts'

/** As in a list: without kind and apiVersion. */
function service(name: string, version: string | undefined, spec: unknown = { ports: [{ port: 80 }] }): Field {
  return new Field({ metadata: { namespace: 'shop', name, resourceVersion: version, managedFields: [{}] }, spec })
}

function slice(version: string, labels: unknown): Field {
  return new Field({
    metadata: { namespace: 'shop', name: 'a', resourceVersion: version, labels },
    addressType: 'IPv4',
  })
}

const put = (name: string) => ({ kind: 'put', object: { kind: 'Service', namespace: 'shop', name } })
const removed = (name: string) => ({ ...put(name), kind: 'removed' })

test('an object is put when what is kept of it has changed', () => {
  const known = new KnownObjects(services)
  expect(known.put(service('cart', '1'))).toMatchObject([put('cart')])
  expect(known.put(service('cart', '1'))).toEqual([])
  expect(known.put(service('cart', '2'))).toEqual([])
  expect(known.put(service('cart', '3', { ports: [{ port: 81 }] }))).toMatchObject([put('cart')])
  expect(known.remove(service('cart', '4'))).toMatchObject([removed('cart')])
  expect(known.remove(service('cart', '4'))).toEqual([])
})

test('nothing of an object is kept that rules and answers do not come from', () => {
  const [change] = new KnownObjects(services).put(service('cart', '1'))
  expect(JSON.stringify(change)).not.toContain('managedFields')
})

test('a new list yields what differs: what changed, and what is gone', () => {
  const known = new KnownObjects(services)
  known.beginList()
  for (const name of ['cart', 'checkout', 'search']) known.put(service(name, '1'))
  expect(known.endList()).toEqual([])
  known.beginList()
  expect(known.put(service('cart', '1'))).toEqual([])
  expect(known.put(service('search', '2', { ports: [{ port: 81 }] }))).toMatchObject([put('search')])
  expect(known.endList()).toMatchObject([removed('checkout')])
})

test('an object that cannot be read stays what it was, and is reported once, not at each list', () => {
  const known = new KnownObjects(services)
  known.put(service('cart', '1'))
  known.beginList()
  const bad = service('cart', '2', { ports: [{ port: 'http' }] })
  expect(known.put(bad)).toEqual([
    {
      kind: 'unreadable',
      name: 'Service shop/cart',
      message: 'Service shop/cart: spec.ports[0].port: expected an integer from 1 to 65535, got "http"',
    },
  ])
  expect(known.put(bad)).toEqual([])
  expect(known.endList()).toEqual([])
  expect(known.remove(service('cart', '3'))).toMatchObject([removed('cart')])
})

test.each([undefined, 'text', {}, [], { metadata: { name: 7, resourceVersion: {} } }])('%j is passed over', (value) => {
  const known = new KnownObjects(services)
  expect(known.put(new Field(value))).toMatchObject([{ kind: 'unreadable' }])
  expect(known.remove(new Field(value))).toEqual([])
})

test('a slice that leaves its service is removed', () => {
  const known = new KnownObjects(endpointSlices)
  known.put(slice('1', { 'kubernetes.io/service-name': 'cart' }))
  expect(known.put(slice('2', {}))).toMatchObject([{ kind: 'removed', object: { kind: 'EndpointSlice', name: 'a' } }])
})

test('whatever was lost between two lists, the changes lead to what the second has', () => {
  const cluster = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.constantFrom('1', '2', '3'))
  fc.assert(
    fc.property(fc.array(cluster, { maxLength: 6 }), (lists) => {
      const known = new KnownObjects(services)
      const held = new Set<string>()
      for (const list of lists) {
        known.beginList()
        const puts = Object.entries(list).flatMap(([name, version]) => known.put(service(name, version)))
        for (const change of [...puts, ...known.endList()]) {
          if (change.kind === 'put') held.add(change.object.name)
          if (change.kind === 'removed') expect(held.delete(change.object.name)).toBe(true)
        }
        expect([...held].sort()).toEqual(Object.keys(list).sort())
      }
    }),
  )
})
