import { expect, test } from 'vitest'
import { Field } from '../../src/model/field.ts'
import { parsePod } from '../../src/model/pod.ts'

const metadata = { namespace: 'web', name: 'front-0' }
const pod = (fields: object = {}): unknown => ({ apiVersion: 'v1', kind: 'Pod', metadata, ...fields })
const plain = {
  kind: 'Pod',
  namespace: 'web',
  name: 'front-0',
  uid: '',
  deleting: false,
  phase: 'Pending',
  podIps: [],
  hostNetwork: false,
  dnsPolicy: 'ClusterFirst',
  nameservers: [],
  searches: [],
}

const cases = [
  { name: 'a manifest that says nothing', object: pod(), want: {} },
  {
    name: 'a running pod, as the API server prints it',
    object: pod({
      metadata: { ...metadata, uid: '2f0c3f0e-9f55-4f0b-8a63-0a1f6f0f7c11' },
      spec: { nodeName: 'node-1' },
      status: { phase: 'Running', podIP: '10.244.1.7', podIPs: [{ ip: '10.244.1.7' }, { ip: '2001:DB8:1::7' }] },
    }),
    want: {
      uid: '2f0c3f0e-9f55-4f0b-8a63-0a1f6f0f7c11',
      nodeName: 'node-1',
      phase: 'Running',
      podIps: ['10.244.1.7', '2001:db8:1::7'],
    },
  },
  { name: 'podIP alone', object: pod({ status: { podIP: '10.244.1.7' } }), want: { podIps: ['10.244.1.7'] } },
  {
    name: 'what is not known yet is empty',
    object: pod({ spec: { nodeName: '' }, status: { phase: '', podIP: '', podIPs: [] } }),
    want: {},
  },
  {
    name: 'one that is being deleted',
    object: pod({ metadata: { ...metadata, deletionTimestamp: '2026-11-02T09:14:07Z' } }),
    want: { deleting: true },
  },
  {
    name: 'its own DNS set-up',
    object: pod({
      spec: {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['198.51.100.53', '2001:db8::0:53'],
          searches: ['corp.example'],
          options: [{ name: 'edns0' }, { name: 'ndots', value: '20' }],
        },
      },
    }),
    want: {
      dnsPolicy: 'None',
      nameservers: ['198.51.100.53', '2001:db8::53'],
      searches: ['corp.example'],
      ndots: 15,
    },
  },
]

test.each(cases)('$name', ({ object, want }) => {
  expect(parsePod(new Field(object))).toEqual({ ...plain, ...want })
})

const bad = [
  {
    object: pod({ status: { podIPs: [{ ip: 'ten' }] } }),
    message: 'status.podIPs[0].ip: expected an IP address, got "ten"',
  },
  {
    object: pod({ spec: { dnsConfig: { nameservers: ['dns.example'] } } }),
    message: 'spec.dnsConfig.nameservers[0]: expected an IP address, got "dns.example"',
  },
  {
    object: pod({ status: { phase: 'Done' } }),
    message: 'status.phase: expected one of Pending, Running, Succeeded, Failed, Unknown, got "Done"',
  },
]

test.each(bad)('$message', ({ object, message }) => {
  expect(() => parsePod(new Field(object))).toThrow(message)
})
