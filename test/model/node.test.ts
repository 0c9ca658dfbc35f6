import { expect, test } from 'vitest'
import { Field } from '../../src/model/field.ts'
import { parseNode, plansDiffer } from '../../src/model/node.ts'

const node = (parts: { readonly metadata?: object; readonly spec?: object; readonly status?: object } = {}) =>
  parseNode(
    new Field({
      metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'a' }, ...parts.metadata },
      spec: { podCIDRs: ['10.244.1.0/24'], ...parts.spec },
      status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }], ...parts.status },
    }),
  )
const leaving = node({ spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', value: '1', effect: 'NoExecute' }] } })

test.each([
  ['a node like any', node(), undefined],
  ['other taints', node({ spec: { taints: [{ key: 'node.kubernetes.io/unschedulable' }] } }), undefined],
  ['the taint of the autoscaler, whatever its effect', leaving, true],
  ['being deleted', node({ metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } }), true],
])('leaving: %s', (_, { leaving: told }, want) => {
  expect(told).toBe(want)
})

test.each([
  ['the same', node(), false],
  ['about to go', leaving, false],
  ['conditions, which change all the time', node({ status: { conditions: [{ type: 'Ready' }] } }), false],
  ['another address', node({ status: { addresses: [{ type: 'InternalIP', address: '192.0.2.2' }] } }), true],
  ['another pod network', node({ spec: { podCIDRs: ['10.244.2.0/24'] } }), true],
  ['another zone', node({ metadata: { labels: {} } }), true],
  ['none', undefined, true],
])('rules differ for %s: %s', (_, after, want) => {
  expect(plansDiffer(node(), after)).toBe(want)
  expect(plansDiffer(after, node())).toBe(want)
})
