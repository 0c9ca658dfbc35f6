import type { Kind } from './kind.ts'

/** One setting of kube-proxy: how it is read, and the flags that say it, without their dashes. */
interface FieldSpec<T> {
  readonly kind: Kind<T>
  /** kube-proxy's own spelling stands first; the others mean the same. Empty: the file alone has it. */
  readonly flags: readonly string[]
}

/** A setting that does something here. */
export interface UsedField<T> extends FieldSpec<T> {
  /** What stands for the value in the help, e.g. `<cidrs>`. */
  readonly placeholder: string
  readonly help: string
}

/** A setting that is read and checked, and does nothing. */
export interface UnusedField<T> extends FieldSpec<T> {
  /** Completes "no effect: portRange (…)". */
  readonly reason: string
  /** What kube-proxy takes where nothing is said: no reason to speak of it. */
  readonly usual: readonly T[]
}

export function used<T>(kind: Kind<T>, flags: string, placeholder: string, help: string): UsedField<T> {
  return { kind, flags: flags.split(' '), placeholder, help }
}

/** All fields of one reason share a `unused(reason)`. */
export function unused(reason: string) {
  return <T>(kind: Kind<T>, flags = '', usual: readonly T[] = []): UnusedField<T> => ({
    kind,
    flags: flags === '' ? [] : flags.split(' '),
    reason,
    usual,
  })
}
