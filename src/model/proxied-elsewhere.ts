import type { Field } from './field.ts'

/**
 * Whether the labels of a Service or slice leave its rules to another proxy, or say that it has none. DNS answers all
 * the same. Source: the label selector of kube-proxy's watches.
 */
export function isProxiedElsewhere(labels: Field): boolean {
  return (
    labels.get('service.kubernetes.io/service-proxy-name').value !== undefined ||
    labels.get('service.kubernetes.io/headless').value !== undefined
  )
}
