import { expect, test } from 'vitest'
import { slicesOf } from '../../src/model/cluster-state.ts'
import { planService } from '../../src/plan/port-plan.ts'
import { frontendDestinations, udpFrontends } from '../../src/plan/udp-frontends.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { udpServiceObjects, type UdpService } from '../support/udp-service.ts'

const dns: UdpService = {
  name: 'dns',
  clusterIp: '10.96.0.10',
  endpoints: ['10.244.1.7', '10.244.1.8~', '10.244.1.9!'],
}
const node = { kind: 'Node', name: 'here', addresses: [], podCidrs: [] } as const

function plans(service: UdpService) {
  const state = clusterOfObjects(udpServiceObjects(service))
  const key = `kube-system/${service.name}`
  const family = service.clusterIp.includes(':') ? 'IPv6' : 'IPv4'
  return planService(state.services.get(key), slicesOf(state, key), family, node, new Set())
}

const frontends = (service: UdpService) => udpFrontends(plans(service))
const destinations = (service: UdpService, nodeAddresses: readonly string[] = []) =>
  frontends(service).flatMap((frontend) => frontendDestinations(frontend, nodeAddresses))

test('only UDP ports have frontends and carry targets', () => {
  expect(plans(dns).map(({ protocol, servingTargets }) => ({ protocol, servingTargets }))).toEqual([
    { protocol: 'SCTP', servingTargets: undefined },
    { protocol: 'TCP', servingTargets: undefined },
    { protocol: 'UDP', servingTargets: ['10.244.1.7:5353', '10.244.1.8:5353'] },
  ])
  expect(frontends(dns)).toHaveLength(1)
})

test('targets are the endpoints that serve, terminating ones too', () => {
  expect(frontends(dns)[0]?.targets).toEqual(['10.244.1.7:5353', '10.244.1.8:5353'])
})

test('destinations are cluster IP, external IPs and load balancer addresses, and the node port on each node address', () => {
  const service = { ...dns, externalIps: ['198.51.100.7'], loadBalancerIps: ['198.51.100.8'], nodePort: 30053 }
  expect(destinations(service, ['192.0.2.7', '10.244.0.1'])).toEqual([
    '10.96.0.10:53',
    '198.51.100.7:53',
    '198.51.100.8:53',
    '192.0.2.7:30053',
    '10.244.0.1:30053',
  ])
})

test('IPv6 destinations and targets stand in brackets', () => {
  const service = { ...dns, clusterIp: '2001:db8:96::10', endpoints: ['2001:db8:244::7'], nodePort: 30053 }
  expect(destinations(service, ['2001:db8:192::7'])).toEqual(['[2001:db8:96::10]:53', '[2001:db8:192::7]:30053'])
  expect(frontends(service)[0]?.targets).toEqual(['[2001:db8:244::7]:5353'])
})
