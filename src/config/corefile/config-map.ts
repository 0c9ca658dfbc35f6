import { optional } from '../../model/optional.ts'
import { Field, FieldError } from '../../model/field.ts'
import { innerText } from '../inner-text.ts'
import { readYaml } from '../yaml-text.ts'
import type { Source } from './lexer.ts'
import { CorefileError } from './problem.ts'

/**
 * The Corefile in a file: the file itself, or what stands in a ConfigMap as `kubectl -n kube-system get configmap coredns
 * -o yaml` prints it. Places count in the file where the Corefile stands in it line by line, otherwise in the Corefile, as
 * in JSON. Throws a CorefileError when the file is another object.
 */
export function corefileIn(file: Source): Source {
  if (!/^(?:apiVersion|data|kind|metadata):(?:\s|$)|^\s*\{\s*"/m.test(file.text)) return file
  const { value, placeOf, problems } = readYaml(file.text)
  if (problems.length > 0) {
    throw new CorefileError(problems.map(({ place, message }) => ({ place: { file: file.name, ...place }, message })))
  }
  try {
    const text = corefileOf(new Field(value))
    const offset = innerText(file.text, ['data', 'Corefile'])?.offset
    return {
      name: offset === undefined ? `${file.name}, data.Corefile` : file.name,
      text,
      ...optional('offset', offset),
    }
  } catch (error) {
    if (!(error instanceof FieldError)) throw error
    throw new CorefileError([{ place: { file: file.name, ...placeOf(error.path) }, message: error.message }])
  }
}

function corefileOf(object: Field): string {
  const kind = object.get('kind')
  if (kind.value !== 'ConfigMap') throw kind.error('ConfigMap')
  const data = object.get('data')
  const text = data.get('Corefile').text()
  if (text === undefined) throw data.error('the key Corefile')
  return text
}
