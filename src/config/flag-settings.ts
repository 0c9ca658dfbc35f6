import { Field, FieldError } from '../model/field.ts'
import { fields, isFieldPath, readFields, type FieldPath, type Settings } from './settings.ts'

/** The texts of flags by name, e.g. `cluster-cidr` and `10.244.0.0/16`. */
export type FlagTexts = ReadonlyMap<string, string>

export interface FlagSettings {
  readonly settings: Settings
  /** Fields whose flag was given and says that they are not set, such as `--cluster-cidr=`. */
  readonly cleared: readonly FieldPath[]
  readonly errors: readonly FieldError[]
}

/** What the flags say. Two spellings of one flag (`--node` and `--hostname-override`) must say the same. */
export function readFlags(texts: FlagTexts): FlagSettings {
  const found = new Map<FieldPath, Field>()
  const clashes: FieldError[] = []
  for (const path of Object.keys(fields).filter(isFieldPath)) {
    const [first, ...others] = fields[path].flags.filter((name) => texts.has(name))
    if (first === undefined) continue
    const text = texts.get(first) ?? ''
    const other = others.find((name) => texts.get(name) !== text)
    if (other !== undefined) {
      clashes.push(
        new FieldError(`--${first} ${text}`, `--${other} ${texts.get(other)} says otherwise; keep one of them`),
      )
    }
    found.set(path, new Field(fields[path].kind.fromText(text), `--${first}`))
  }
  const { settings, errors } = readFields(found)
  const cleared = [...found.keys()].filter((path) => settings[path] === undefined)
  return { settings, cleared, errors: [...clashes, ...errors] }
}
