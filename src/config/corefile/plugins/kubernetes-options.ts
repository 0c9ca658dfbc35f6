import type { LabelRequirement } from '../../../model/label-selector.ts'
import { optional } from '../../../model/optional.ts'
import type { OptionReaders } from '../directive.ts'
import { parseLabelSelector } from '../label-selector.ts'
import { duration, integer, oneOf, path, seconds, word, type Value } from '../value.ts'
import type { Words } from '../words.ts'
import type { Kubernetes, KubernetesApi } from './kubernetes.ts'

const count = integer(0, 2 ** 31 - 1)
const rate: Value<number> = {
  expected: 'a number of 0 or more',
  parse: (text) => (/^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined),
}
const url: Value<string> = {
  expected: 'the URL of an API server, such as https://10.0.0.1:6443',
  parse: (text) => (/^(https?:\/\/)?[-\w.[\]:]+(\/\S*)?$/.test(text) && !text.startsWith(':') ? text : undefined),
}
const namespace: Value<string> = {
  expected: 'a namespace',
  parse: (text) => (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text) ? text : undefined),
}

export const kubernetesOptions: OptionReaders<Kubernetes> = {
  // Several were once allowed; CoreDNS takes the first.
  endpoint: (words, { api }) => ({ api: { ...api, ...optional('endpoint', words.readAll(url)[0]) } }),
  tls: (words, { api }) => ({ api: { ...api, ...readTls(words) } }),
  kubeconfig: (words, { api }) => ({ api: { ...api, ...readKubeconfig(words) } }),
  apiserver_qps: (words, { api }) => ({ api: { ...api, ...optional('qps', words.read(rate)) } }),
  apiserver_burst: (words, { api }) => ({ api: { ...api, ...optional('burst', words.read(count)) } }),
  apiserver_max_inflight: (words, { api }) => ({ api: { ...api, ...optional('maxInflight', words.read(count)) } }),
  namespaces: (words, { namespaces }) => ({ namespaces: [...new Set([...namespaces, ...words.readAll(namespace)])] }),
  namespace_labels: (words) => ({ namespaceLabels: readSelector(words) }),
  labels: (words) => ({ labels: readSelector(words) }),
  pods: (words) => optional('pods', words.read(oneOf('disabled', 'insecure', 'verified'))),
  endpoint_pod_names: () => ({ endpointPodNames: true }),
  ttl: (words) => optional('ttl', words.read(seconds(0, 3600))),
  noendpoints: () => ({ endpoints: false }),
  fallthrough: (words) => ({ fallthrough: words.next === undefined ? ['.'] : words.readZones() }),
  ignore(words) {
    words.read(oneOf('empty_service'))
    return { ignoreEmptyServices: true }
  },
  multicluster: (words) => ({ multicluster: words.readZones() }),
  zonal: () => ({ zonal: true }),
  startup_timeout: (words) => optional('startupTimeoutMs', words.read(duration())),
}

export const refusedKubernetesOptions = {
  resyncperiod: 'resyncperiod: CoreDNS has this option no longer; leave it out',
  upstream: 'upstream: CoreDNS has this option no longer; leave it out',
  transfer: 'transfer: CoreDNS has this option no longer; use the plugin transfer',
}

/** `CERTIFICATE KEY AUTHORITY`. */
function readTls(words: Words): Partial<KubernetesApi> {
  const [certificate, key, authority] = [words.read(path), words.read(path), words.read(path)]
  if (certificate === undefined || key === undefined || authority === undefined) return {}
  return { tls: { certificate, key, authority } }
}

/** `FILE [CONTEXT]`. */
function readKubeconfig(words: Words): Partial<KubernetesApi> {
  const file = words.read(path)
  const context = words.readOptional(word('a context'))
  return file === undefined ? {} : { kubeconfig: { path: file, ...optional('context', context) } }
}

/** A selector may have blanks in it. */
function readSelector(words: Words): readonly LabelRequirement[] {
  const first = words.next
  const text = words.takeRest().map((token) => token.text)
  const requirements = first === undefined ? undefined : parseLabelSelector(text.join(' '))
  if (requirements === undefined) {
    const got = first === undefined ? 'nothing' : `"${text.join(' ').slice(0, 80)}"`
    words.complain(first, `expected a label selector such as app=web,tier in (front, back), got ${got}`)
  }
  return requirements ?? []
}
