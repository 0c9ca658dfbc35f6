import type { Field, FieldError } from '../model/field.ts'
import { defaultMin, defaultPerCore } from './conntrack.ts'
import { fieldErrors } from './field-errors.ts'
import { clusterFields } from './fields/cluster.ts'
import { kernelFields } from './fields/kernel.ts'
import { refusedFields } from './fields/refused.ts'
import { ruleFields } from './fields/rules.ts'
import { unusedFields } from './fields/unused.ts'

/** Every setting, keyed by its path in a KubeProxyConfiguration, or by its flag (`--master`) where only that says it. */
export const fields = { ...clusterFields, ...ruleFields, ...kernelFields, ...refusedFields, ...unusedFields }

type Fields = typeof fields

export type FieldPath = keyof Fields

/** What a file or flags say; what they do not say is absent. */
export type Settings = { readonly [P in FieldPath]?: NonNullable<ReturnType<Fields[P]['kind']['read']>> }

export function isFieldPath(text: string): text is FieldPath {
  return Object.hasOwn(fields, text)
}

/** Reads each field by its kind. All errors are told, not the first alone. */
export function readFields(found: Iterable<readonly [FieldPath, Field]>): {
  readonly settings: Settings
  readonly errors: readonly FieldError[]
} {
  const values: Record<string, unknown> = {}
  const errors: FieldError[] = []
  for (const [path, field] of found) {
    try {
      const value = fields[path].kind.read(field)
      if (value !== undefined) values[path] = value
    } catch (error) {
      errors.push(...fieldErrors(error))
    }
  }
  return { settings: values, errors }
}

/** What kube-proxy takes for these where its file says nothing; where there is no file, we touch nothing unasked. */
const fileDefaults: Settings = {
  'conntrack.maxPerCore': defaultPerCore,
  'conntrack.min': defaultMin,
  'conntrack.tcpEstablishedTimeout': 86_400_000,
  'conntrack.tcpCloseWaitTimeout': 3_600_000,
  oomScoreAdj: -999,
}

/**
 * One set of settings: flags win over the file.
 *
 * @param file Absent without `--config`.
 * @param cleared What an empty flag (`--cluster-cidr=`) takes back from the file.
 */
export function mergeSettings(file: Settings | undefined, flags: Settings, cleared: readonly FieldPath[]): Settings {
  if (file === undefined) return flags
  const kept = Object.entries(file).filter(([path]) => !cleared.some((other) => other === path))
  return { ...fileDefaults, ...Object.fromEntries(kept), ...flags }
}
