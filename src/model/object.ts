import { parseEndpointSlice, type EndpointSlice } from './endpoint-slice.ts'
import type { Field } from './field.ts'
import { parseImportedSlice, type ImportedSlice } from './imported-slice.ts'
import { parseNamespace, type Namespace } from './namespace.ts'
import { parseNode, type Node } from './node.ts'
import { parsePod, type Pod } from './pod.ts'
import { parseServiceCidr, type ServiceCidr } from './service-cidr.ts'
import { parseServiceImport, type ServiceImport } from './service-import.ts'
import { parseService, type Service } from './service.ts'

/** Any API object that rules or answers come from. */
export type ModelObject = Service | EndpointSlice | Node | Namespace | Pod | ServiceImport | ImportedSlice | ServiceCidr

/** How an object is named in messages and keyed, e.g. `Service shop/cart`, `Node worker-1`. */
export function objectName(object: ModelObject): string {
  return 'namespace' in object ? `${object.kind} ${object.namespace}/${object.name}` : `${object.kind} ${object.name}`
}

/** Undefined for objects that nothing comes from (a Deployment, a Service of another API group, a slice without service). */
export function parseObject(object: Field): ModelObject | undefined {
  const kind = object.get('kind').text()
  if (kind === undefined || kind === '') throw object.get('kind').error('the kind of a Kubernetes object')
  switch (`${object.get('apiVersion').text() ?? ''} ${kind}`) {
    case 'v1 Service':
      return parseService(object)
    case 'discovery.k8s.io/v1 EndpointSlice':
      return parseEndpointSlice(object) ?? parseImportedSlice(object)
    case 'v1 Node':
      return parseNode(object)
    case 'v1 Namespace':
      return parseNamespace(object)
    case 'v1 Pod':
      return parsePod(object)
    case 'networking.k8s.io/v1 ServiceCIDR':
      return parseServiceCidr(object)
    case 'multicluster.x-k8s.io/v1alpha1 ServiceImport':
      return parseServiceImport(object)
    default:
      return undefined
  }
}
