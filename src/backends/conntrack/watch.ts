import type { Address } from '../../net/address.ts'
import { frontendDestinations, type UdpFrontend } from '../../plan/udp-frontends.ts'

/** The frontends of a service when flows were last cleaned, and now; none for a service that was not there. */
export interface FrontendChange {
  readonly before: readonly UdpFrontend[]
  readonly after: readonly UdpFrontend[]
}

/** Who answers for one destination, each as `10.244.1.7:5353`. */
interface Answers {
  /** Of every service that has the destination: it may have gone from one to another. */
  readonly now: ReadonlySet<string>
  readonly before: ReadonlySet<string>
}

/** The destinations whose flows may be stale, such as `10.96.0.10:53`. */
export type Watch = ReadonlyMap<string, Answers>

/**
 * What to watch after these changes.
 *
 * @param current The frontends of all services.
 * @param nodeAddresses Where node ports are open.
 */
export function watchFrontends(
  changes: readonly FrontendChange[],
  current: Iterable<readonly UdpFrontend[]>,
  nodeAddresses: readonly Address[],
): Watch {
  const watch = new Map<string, { readonly now: Set<string>; readonly before: Set<string> }>()
  const visit = (frontends: readonly UdpFrontend[], see: (destination: string, targets: readonly string[]) => void) => {
    for (const frontend of frontends) {
      for (const destination of frontendDestinations(frontend, nodeAddresses)) see(destination, frontend.targets)
    }
  }
  const start = (destination: string) => {
    if (!watch.has(destination)) watch.set(destination, { now: new Set(), before: new Set() })
  }
  for (const { before, after } of changes) {
    visit([...before, ...after], start)
    visit(before, (destination, targets) => addAll(watch.get(destination)?.before, targets))
  }
  for (const frontends of watch.size === 0 ? [] : current) {
    visit(frontends, (destination, targets) => addAll(watch.get(destination)?.now, targets))
  }
  return watch
}

function addAll(set: Set<string> | undefined, items: readonly string[]): void {
  if (set !== undefined) for (const item of items) set.add(item)
}
