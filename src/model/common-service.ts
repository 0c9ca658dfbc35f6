import type { Service, ServicePort } from './service.ts'

/** Whether clients reach a service by rules of ours, not at its endpoints or by another name. */
export function needsRules(service: Service): boolean {
  return !service.headless && service.type !== 'ExternalName' && !service.proxiedElsewhere
}

/**
 * What two versions of a service both have, as far as names tell of it: addresses and ports. Of one that needs no rules
 * that is all of it, unless it names cluster IPs that another proxy cares for: then nothing, which is undefined.
 */
export function commonService(before: Service, after: Service): Service | undefined {
  if (before.proxiedElsewhere && !before.headless) return undefined
  if (!needsRules(before)) return before
  const ports = before.ports.filter((port) => after.ports.some((other) => isSamePort(port, other)))
  const common = {
    ...before,
    clusterIps: before.clusterIps.filter((address) => after.clusterIps.includes(address)),
    ports,
    externalIps: before.externalIps.filter((address) => after.externalIps.includes(address)),
    loadBalancerIps: before.loadBalancerIps.filter((address) => after.loadBalancerIps.includes(address)),
    ingress: before.ingress.filter((entry) => after.ingress.some((other) => isSameIngress(entry, other))),
  }
  return isUnchanged(before, common) ? before : common
}

function isSamePort(a: ServicePort, b: ServicePort): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.port === b.port
}

function isSameIngress(a: Service['ingress'][number], b: Service['ingress'][number]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function isUnchanged(a: Service, b: Service): boolean {
  const lists = ['clusterIps', 'ports', 'externalIps', 'loadBalancerIps', 'ingress'] as const
  return lists.every((name) => a[name].length === b[name].length)
}
