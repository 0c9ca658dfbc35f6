import type { Cause } from './cause.ts'

export interface PortCauses {
  /** Absent when the port has no name. */
  readonly label?: string
  /** Both sides have the port; what is said of one that comes or goes is said of it alone. */
  readonly stays: boolean
  readonly causes: readonly Cause[]
}

/** The causes of all ports of a service; what every one of several that stay says is said once, of the service. */
export function liftCommon(ports: readonly PortCauses[]): readonly Cause[] {
  const staying = ports.filter(({ stays }) => stays)
  const common = commonTexts(staying)
  const isCommon = (cause: Cause) => common.has(JSON.stringify(cause))
  return [
    ...(staying[0]?.causes.filter(isCommon) ?? []),
    ...ports.flatMap(({ label, stays, causes }) =>
      causes
        .filter((cause) => !stays || !isCommon(cause))
        .map((cause) => (label === undefined ? cause : { ...cause, port: label })),
    ),
  ]
}

function commonTexts(ports: readonly PortCauses[]): ReadonlySet<string> {
  const [first, ...others] = ports.map(({ causes }) => new Set(causes.map((cause) => JSON.stringify(cause))))
  if (first === undefined || others.length === 0) return new Set()
  return new Set([...first].filter((text) => others.every((texts) => texts.has(text))))
}
