import { readFile } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'
import { runCommand } from '../../src/host/command.ts'
import { Field } from '../../src/model/field.ts'
import { helmBinary, kubectlBinary } from '../support/kubernetes-binaries.ts'

export const chart = 'docker/chart/pointsman'

/** What the base has where everybody puts a name of their own. */
export const anyHost = 'set-the-host-of-your-api-server.invalid'

/** The YAML that kustomize makes of a directory. */
export async function kustomize(directory: string): Promise<string> {
  return runCommand(await kubectlBinary(), ['kustomize', directory])
}

/** The YAML that the chart becomes with these values, e.g. `dns.nodeLocal=true`. */
export async function helmTemplate(...values: readonly string[]): Promise<string> {
  const set = [`k8sServiceHost=${anyHost}`, ...values].flatMap((value) => ['--set', value])
  return runCommand(await helmBinary(), ['template', 'pointsman', chart, '--namespace', 'kube-system', ...set])
}

export function objectsIn(yaml: string): readonly Field[] {
  return parseAllDocuments(yaml)
    .map((document): unknown => document.toJS())
    .filter((value) => value !== null)
    .map((value) => new Field(value))
}

/** `ConfigMap pointsman-dns`. */
export function nameOf(object: Field): string {
  return `${object.get('kind').text()} ${object.get('metadata').get('name').text()}`
}

export function objectNamed(objects: readonly Field[], name: string): Field {
  const found = objects.find((object) => nameOf(object) === name)
  if (found === undefined) throw new Error(`no ${name} among ${objects.map(nameOf).join(', ')}`)
  return found
}

export async function readObject(file: string): Promise<Field> {
  const [object] = objectsIn(await readFile(file, 'utf8'))
  if (object === undefined) throw new Error(`${file} is empty`)
  return object
}
