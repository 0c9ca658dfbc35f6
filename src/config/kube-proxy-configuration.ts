import { Field, type FieldError } from '../model/field.ts'
import { configInConfigMap, type ConfigText } from './config-map.ts'
import { fieldErrors } from './field-errors.ts'
import { filePath, knownNames, sections } from './file-paths.ts'
import { unknownField } from './nearest-name.ts'
import { readFields, type FieldPath, type Settings } from './settings.ts'
import { readYaml, type Place } from './yaml-text.ts'

/** What a file says as far as it could be read, and one sentence for each problem in it, in their order. */
export interface KubeProxyConfiguration {
  readonly settings: Settings
  readonly errors: readonly string[]
}

/**
 * Reads a KubeProxyConfiguration of kubeproxy.config.k8s.io/v1alpha1, or a ConfigMap that holds one, in YAML or JSON.
 * An unknown field is an error; what kube-proxy itself has given up is not, because ConfigMaps outlive releases.
 *
 * @param file How messages call the text: `kp.yaml, line 12, column 3: iptables.masqueradeBit: expected …`.
 */
export function parseKubeProxyConfiguration(text: string, file: string): KubeProxyConfiguration {
  return parseText({ text, where: file, placeInFile: (place) => place })
}

function parseText(source: ConfigText): KubeProxyConfiguration {
  const { value, placeOf, problems } = readYaml(source.text)
  const object = new Field(value)
  try {
    if (problems.length > 0) return failed(source, problems)
    if (object.get('kind').value === 'ConfigMap') return parseText(configInConfigMap(object, source))
    const { settings, errors } = parseObject(object)
    return { ...failed(source, errors.map(located)), settings }
  } catch (error) {
    return failed(source, fieldErrors(error).map(located))
  }

  function located({ path, message }: FieldError) {
    return { place: placeOf(path), message }
  }
}

function failed(
  { where, placeInFile }: ConfigText,
  problems: readonly { readonly place: Place; readonly message: string }[],
): KubeProxyConfiguration {
  const ordered = [...problems].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  const sentences = ordered.map(({ place, message }) => {
    const { line, column } = placeInFile(place)
    return `${where}, line ${line}, column ${column}: ${message}`
  })
  return { settings: {}, errors: sentences }
}

/** What every object has; kind's template even gives it a name. */
const header = new Set(['apiVersion', 'kind', 'metadata'])

function parseObject(object: Field): { readonly settings: Settings; readonly errors: readonly FieldError[] } {
  const foreign = [
    ...expectText(object.get('apiVersion'), 'kubeproxy.config.k8s.io/v1alpha1'),
    ...expectText(object.get('kind'), 'KubeProxyConfiguration'),
  ]
  // Of another kind or version other fields are right.
  if (foreign.length > 0) return { settings: {}, errors: foreign }
  const found = new Map<FieldPath, Field>()
  const stray = findFields(object, found)
  const { settings, errors } = readFields(found)
  return { settings, errors: [...stray, ...errors] }
}

function expectText(field: Field, text: string): readonly FieldError[] {
  return field.value === text ? [] : [field.error(text)]
}

/** Puts every field below `section` into `found`, and returns what is wrong with the rest. */
function findFields(section: Field, found: Map<FieldPath, Field>): readonly FieldError[] {
  return section.keys().flatMap((name) => {
    const field = section.get(name)
    // A name with a dot in it looks like the path of another field, and is none.
    const path = name.includes('.') ? '' : field.path
    const known = filePath(path)
    if (known !== undefined) found.set(known, field)
    else if (sections.has(path)) return findBelow(field, found)
    else if (!header.has(path)) return [unknownField(field.path, name, knownNames(section.path))]
    return []
  })
}

function findBelow(section: Field, found: Map<FieldPath, Field>): readonly FieldError[] {
  try {
    return findFields(section, found)
  } catch (error) {
    // It is no mapping.
    return fieldErrors(error)
  }
}
