import type { TestApiServer } from './api-server.ts'
import { podPort } from './node-kernel.ts'

/** An API object, as far as its place in the API is made from it. */
export interface ApiObject {
  readonly kind: keyof typeof collections
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels }
  readonly [field: string]: unknown
}

type Labels = Readonly<Record<string, string>>

const collections = {
  Namespace: '/api/v1/namespaces',
  Service: '/api/v1/services',
  ServiceAccount: '/api/v1/serviceaccounts',
  Pod: '/api/v1/pods',
  Endpoints: '/api/v1/endpoints',
  EndpointSlice: '/apis/discovery.k8s.io/v1/endpointslices',
  Deployment: '/apis/apps/v1/deployments',
} as const

/** Where an object is, e.g. `/api/v1/namespaces/shop/services/cart`. */
export function pathOf({ kind, metadata: { name, namespace } }: ApiObject): string {
  return `${collectionOf(kind, namespace)}/${name}`
}

export async function create(server: TestApiServer, ...objects: readonly ApiObject[]): Promise<void> {
  for (const object of objects) await server.call('POST', collectionOf(object.kind, object.metadata.namespace), object)
}

/** Where the objects of a kind are, in one namespace or, without, those of none. */
function collectionOf(kind: ApiObject['kind'], namespace: string | undefined): string {
  const path = collections[kind]
  return namespace === undefined ? path : path.replace(/\/([a-z]+)$/, `/namespaces/${namespace}/$1`)
}

export function emptyNamespace(name: string): ApiObject {
  return { kind: 'Namespace', metadata: { name } }
}

/** A Service of both families that selects `app: <name>`, with one port from 80 to that of the pods; `spec` goes over it. */
export function service(space: string, name: string, spec: Readonly<Record<string, unknown>> = {}): ApiObject {
  return {
    kind: 'Service',
    metadata: { namespace: space, name },
    spec: {
      ipFamilyPolicy: 'PreferDualStack',
      selector: { app: name },
      ports: [
        { name: 'http', port: 80, targetPort: podPort },
        { name: 'http-udp', protocol: 'UDP', port: 80, targetPort: podPort },
      ],
      ...spec,
    },
  }
}

/** Pods with `app: <name>`, of which a rolling update makes the new one first. */
export function deployment(
  space: string,
  name: string,
  replicas: number,
  spec: Readonly<Record<string, unknown>> = {},
): ApiObject {
  return {
    kind: 'Deployment',
    metadata: { namespace: space, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: { metadata: { labels: { app: name } }, spec: podSpec(spec) },
    },
  }
}

export function pod(space: string, name: string, app: string, spec: Readonly<Record<string, unknown>> = {}): ApiObject {
  return { kind: 'Pod', metadata: { namespace: space, name, labels: { app } }, spec: podSpec(spec) }
}

/** A short grace: where only terminating pods are left, they are led to until they end. */
function podSpec(spec: Readonly<Record<string, unknown>>): object {
  return { terminationGracePeriodSeconds: 3, containers: [{ name: 'server', image: 'server:1' }], ...spec }
}
