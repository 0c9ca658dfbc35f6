import { parseKubeProxyConfiguration } from '../../src/config/kube-proxy-configuration.ts'

export const header = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n'

/** Reads a configuration that has one field; the value is JSON, which is YAML too. */
export function parseField(path: string, value: unknown) {
  const nested = path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
  const object = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', ...asObject(nested) }
  return parseKubeProxyConfiguration(JSON.stringify(object, undefined, 2), 'kp.json')
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}
