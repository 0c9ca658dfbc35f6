import { familyOf } from '../../src/net/address.ts'

/** A Service as the API server prints it, with the fields that claims come from. */
export interface ApiService {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly creationTimestamp?: string }
  readonly spec: {
    readonly clusterIPs: readonly string[]
    readonly externalIPs?: readonly string[]
    readonly ports: readonly { readonly port: number; readonly protocol: string; readonly nodePort?: number }[]
    readonly healthCheckNodePort?: number
  }
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly { readonly ip: string }[] } }
}

/** By claim, the service that has it: worked out from all services at once, as the documentation says it in words. */
export function expectedHolders(services: readonly ApiService[]): ReadonlyMap<string, string> {
  const claimed = services.flatMap((service) => claims(service).map((claim) => ({ ...claim, service })))
  const holders = new Map<string, string>()
  for (const [claim, rivals] of Map.groupBy(claimed, ({ text }) => text)) {
    const ranked = rivals.toSorted(
      (a, b) =>
        Number(b.allotted) - Number(a.allotted) ||
        compare(age(a.service), age(b.service)) ||
        compare(key(a.service), key(b.service)),
    )
    if (ranked[0] !== undefined) holders.set(claim, key(ranked[0].service))
  }
  return holders
}

function claims({ spec, status }: ApiService): readonly { readonly text: string; readonly allotted: boolean }[] {
  return spec.clusterIPs.flatMap((clusterIp) => {
    const family = familyOf(clusterIp)
    const typed = [...(spec.externalIPs ?? []), ...(status.loadBalancer.ingress ?? []).map(({ ip }) => ip)]
    return spec.ports.flatMap(({ port, protocol, nodePort }) => [
      { text: `${clusterIp} ${protocol} port ${port}`, allotted: true },
      ...typed
        .filter((address) => familyOf(address) === family)
        .map((address) => ({ text: `${address} ${protocol} port ${port}`, allotted: false })),
      ...(nodePort === undefined ? [] : [{ text: `${family} ${protocol} node port ${nodePort}`, allotted: false }]),
      ...(spec.healthCheckNodePort === undefined
        ? []
        : [{ text: `${family} TCP node port ${spec.healthCheckNodePort}`, allotted: false }]),
    ])
  })
}

function key({ metadata }: ApiService): string {
  return `${metadata.namespace}/${metadata.name}`
}

function age({ metadata }: ApiService): string {
  return metadata.creationTimestamp ?? '9999'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
