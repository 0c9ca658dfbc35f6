import { isScalar, parseDocument } from 'yaml'
import { FieldError, type Field } from '../model/field.ts'
import type { Place } from './yaml-text.ts'

/** Where kubeadm and kind keep it, EKS, and kube-up. */
const keys = ['config.conf', 'config', 'config.yaml'] as const

/** A text to be read, and how places in it are called. */
export interface ConfigText {
  readonly text: string
  /** `kp.yaml`; `cm.json, data["config.conf"]` where places count in a text inside the file. */
  readonly where: string
  readonly placeInFile: (place: Place) => Place
}

/**
 * The configuration inside a ConfigMap, as `kubectl -n kube-system get configmap kube-proxy -o yaml` prints it. Places
 * count in the file where the text stands in it line by line (`config.conf: |-`), and in the text otherwise, as in JSON.
 */
export function configInConfigMap(object: Field, file: ConfigText): ConfigText {
  const data = object.get('data')
  const key = keys.find((name) => data.get(name).value !== undefined)
  if (key === undefined) {
    const found = data.keys().join(', ')
    throw new FieldError(
      data.path,
      `expected a KubeProxyConfiguration under config.conf, config or config.yaml, got the keys ${found}`,
    )
  }
  const text = data.get(key).text() ?? ''
  const node = parseDocument(file.text).getIn(['data', key], true)
  if (!isScalar(node) || node.type !== 'BLOCK_LITERAL' || !node.range) {
    return { text, where: `${file.where}, data["${key}"]`, placeInFile: (place) => place }
  }
  const header = file.text.slice(0, node.range[0]).split('\n').length
  const [, indent = ''] = /\n( *)\S/.exec(file.text.slice(node.range[0])) ?? []
  return {
    text,
    where: file.where,
    placeInFile: ({ line, column }) => file.placeInFile({ line: header + line, column: indent.length + column }),
  }
}
