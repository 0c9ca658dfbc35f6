/** One kind of object to list and watch, and which of them. */
export interface Resource {
  /** Where the API server keeps it, e.g. `/apis/discovery.k8s.io/v1/endpointslices`. */
  readonly path: string
  /** With `kind` what the items of a list are: they do not say it themselves. */
  readonly apiVersion: string
  readonly kind: string
  /** As in `kubectl get --selector`; absent for all. */
  readonly labelSelector?: string
  /** As in `kubectl get --field-selector`, e.g. `metadata.name=worker-1`; absent for all. */
  readonly fieldSelector?: string
  /** A server that does not have it, or does not let us read it, is taken for one that has no such object. */
  readonly optional?: boolean
}

/**
 * Selects what another proxy does not program, as kube-proxy does. It also leaves out the slices of headless services,
 * so an agent that answers DNS must not use it.
 */
export const proxiedHere = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless'

export const services: Resource = { path: '/api/v1/services', apiVersion: 'v1', kind: 'Service' }

export const endpointSlices: Resource = {
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
}

export const namespaces: Resource = { path: '/api/v1/namespaces', apiVersion: 'v1', kind: 'Namespace' }

export const nodes: Resource = { path: '/api/v1/nodes', apiVersion: 'v1', kind: 'Node' }

export function nodeNamed(name: string): Resource {
  return { ...nodes, fieldSelector: `metadata.name=${name}` }
}

const running = 'status.phase!=Succeeded,status.phase!=Failed'

/** Those that have ended keep their name, and no address is theirs. */
export const pods: Resource = {
  path: '/api/v1/pods',
  apiVersion: 'v1',
  kind: 'Pod',
  fieldSelector: running,
}

export function podsOn(node: string): Resource {
  return { ...pods, fieldSelector: `spec.nodeName=${node},${running}` }
}

/** Since Kubernetes 1.33. Source: KEP-1880. */
export const serviceCidrs: Resource = {
  path: '/apis/networking.k8s.io/v1/servicecidrs',
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  optional: true,
}

/** Of an API that few clusters serve. */
export const serviceImports: Resource = {
  path: '/apis/multicluster.x-k8s.io/v1alpha1/serviceimports',
  apiVersion: 'multicluster.x-k8s.io/v1alpha1',
  kind: 'ServiceImport',
  optional: true,
}
