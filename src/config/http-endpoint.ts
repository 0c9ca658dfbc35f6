import { joinHostPort } from '../net/address.ts'
import type { Corefile } from './corefile/corefile.ts'
import type { ListenAddress } from './corefile/listen-address.ts'
import type { Plugin } from './corefile/plugin.ts'

/** What a Corefile serves over HTTP at one address. */
export interface HttpEndpoint {
  readonly address: ListenAddress
  readonly paths: readonly HttpPath[]
}

export type HttpPath = '/health' | '/metrics' | '/ready'

/** One for each address, however many blocks and plugins name it; sorted. */
export function httpEndpoints({ blocks }: Corefile): readonly HttpEndpoint[] {
  const endpoints = new Map<string, { readonly address: ListenAddress; readonly paths: Set<HttpPath> }>()
  for (const plugin of blocks.flatMap(({ plugins }) => plugins)) {
    const served = servedBy(plugin)
    if (!served) continue
    const key = addressText(served.address)
    const endpoint = endpoints.get(key) ?? { address: served.address, paths: new Set() }
    endpoint.paths.add(served.path)
    endpoints.set(key, endpoint)
  }
  return [...endpoints]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { address, paths }]) => ({ address, paths: [...paths].sort() }))
}

/** `:8080`, `localhost:9153`, `[::1]:8181` */
export function addressText({ host, port }: ListenAddress): string {
  return joinHostPort(host, port)
}

function servedBy(plugin: Plugin): { readonly address: ListenAddress; readonly path: HttpPath } | undefined {
  if (plugin.name === 'health') return { address: plugin.listen, path: '/health' }
  if (plugin.name === 'prometheus') return { address: plugin.listen, path: '/metrics' }
  if (plugin.name === 'ready') return { address: plugin.listen, path: '/ready' }
  return undefined
}
