import { FieldError, type Field } from '../model/field.ts'
import { innerText } from './inner-text.ts'
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
  const { offset } = innerText(file.text, ['data', key]) ?? {}
  if (offset === undefined) {
    return { text, where: `${file.where}, data["${key}"]`, placeInFile: (place) => place }
  }
  const { lines, columns } = offset
  return {
    text,
    where: file.where,
    placeInFile: ({ line, column }) => file.placeInFile({ line: lines + line, column: columns + column }),
  }
}
