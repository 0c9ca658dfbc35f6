import { joinHostPort } from '../../../net/address.ts'
import type { Cause } from './cause.ts'
import { traffic } from './port-cause.ts'
import { valuesOf, type PortFacts } from './port-facts.ts'
import type { PortSides } from './port-sides.ts'
import type { Aspect } from './rule-facts.ts'

/** What ports have that are new: `cluster IP 10.96.7.21:80`, `node port 30080`, `3 endpoints`. */
export function summarizePorts(ports: readonly PortSides[]): readonly Cause[] {
  const facts = ports.flatMap(({ families }) => families.map(({ now }) => now))
  const all = (aspect: Aspect) =>
    has(
      aspect,
      facts.flatMap((each) => valuesOf(each, aspect)),
    )
  return [
    ...has('cluster IP', facts.flatMap(clusterAddresses)),
    ...all('external IP'),
    ...all('load balancer IP'),
    ...all('external address'),
    ...all('node port'),
    ...endpointCount(facts),
  ]
}

function has(kind: string, values: readonly string[]): readonly Cause[] {
  return values.length === 0 ? [] : [{ kind, has: [...new Set(values)] }]
}

function clusterAddresses(facts: PortFacts): readonly string[] {
  const [port = ''] = valuesOf(facts, 'service port')
  return valuesOf(facts, 'cluster IP').map((address) => joinHostPort(address, Number(port)))
}

function endpointCount(facts: readonly PortFacts[]): readonly Cause[] {
  // An endpoint that serves several ports counts once.
  const { size } = new Set(facts.flatMap((each) => valuesOf(each, 'endpoint').map(hostOf)))
  if (size > 0) return [{ kind: 'endpoint', says: size === 1 ? '1 endpoint' : `${size} endpoints` }]
  const refused = facts.some((each) => traffic(each, 'traffic to the cluster IP') === 'refused')
  return [{ kind: 'traffic', says: refused ? 'no endpoints' : 'no local endpoints' }]
}

/** `10.244.1.9` of `10.244.1.9:8080`. */
function hostOf(target: string): string {
  return target.slice(0, target.lastIndexOf(':'))
}
