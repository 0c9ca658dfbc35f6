import { realServerWords, serverSettings, serverWords, type RealServer, type VirtualServer } from './virtual-server.ts'

type Servers = ReadonlyMap<string, VirtualServer>

/** A real server and the virtual server that it is of. */
export interface RealServerOf {
  readonly server: VirtualServer
  readonly real: RealServer
}

/** What makes the kernel's virtual servers the wanted ones. */
export interface ServerDiff {
  /** Not there yet: without their real servers, which are among the others. */
  readonly added: readonly VirtualServer[]
  /** Scheduler, persistence or flags are others. */
  readonly edited: readonly VirtualServer[]
  readonly removed: readonly VirtualServer[]
  readonly addedReals: readonly RealServerOf[]
  /** Weight or forwarding are others. */
  readonly editedReals: readonly RealServerOf[]
  /** Of virtual servers that stay. */
  readonly removedReals: readonly RealServerOf[]
}

/** @param isOurs Whether a virtual server that is not wanted is ours to remove. */
export function diffServers(kernel: Servers, wanted: Servers, isOurs: (server: VirtualServer) => boolean): ServerDiff {
  const pairs = [...wanted].map(([key, now]) => ({ now, old: kernel.get(key) }))
  const reals = pairs.map(({ now, old }) => diffReals(now, old?.realServers ?? []))
  return {
    added: pairs.flatMap(({ now, old }) => (old === undefined ? [now] : [])),
    edited: pairs.flatMap(({ now, old }) => (old === undefined || sameSettings(now, old) ? [] : [now])),
    removed: [...kernel].flatMap(([key, server]) => (!wanted.has(key) && isOurs(server) ? [server] : [])),
    addedReals: reals.flatMap(({ added }) => added),
    editedReals: reals.flatMap(({ edited }) => edited),
    removedReals: reals.flatMap(({ removed }) => removed),
  }
}

/**
 * The lines for `ipvsadm -R` that add and change, then take real servers away: no virtual server is without one that it
 * had or will have, and a new one has its own before the next begins.
 */
export function serverUpdateLines(diff: ServerDiff): readonly string[] {
  const added = new Set(diff.added)
  const reals = Map.groupBy(diff.addedReals, ({ server }) => server)
  const addReals = (server: VirtualServer) =>
    (reals.get(server) ?? []).map(({ real }) => `-a ${serverWords(server)} ${realServerWords(real)}`)
  return [
    ...diff.added.flatMap((server) => [`-A ${serverWords(server)} ${serverSettings(server)}`, ...addReals(server)]),
    ...[...reals.keys()].filter((server) => !added.has(server)).flatMap(addReals),
    ...diff.editedReals.map(({ server, real }) => `-e ${serverWords(server)} ${realServerWords(real)}`),
    ...diff.edited.map((server) => `-E ${serverWords(server)} ${serverSettings(server)}`),
    ...diff.removedReals.map(({ server, real }) => `-d ${serverWords(server)} -r ${real.target}`),
  ]
}

/** The lines that take away what nobody should be sent to any more: for the end, when no rule speaks of it. */
export function serverRemovalLines({ removed }: ServerDiff): readonly string[] {
  return removed.map((server) => `-D ${serverWords(server)}`)
}

function diffReals(server: VirtualServer, kernel: readonly RealServer[]) {
  const old = new Map(kernel.map((real) => [real.target, real]))
  const now = new Set(server.realServers.map(({ target }) => target))
  const of = (reals: readonly RealServer[]) => reals.map((real) => ({ server, real }))
  return {
    added: of(server.realServers.filter(({ target }) => !old.has(target))),
    edited: of(server.realServers.filter((real) => !sameReal(real, old.get(real.target) ?? real))),
    removed: of(kernel.filter(({ target }) => !now.has(target))),
  }
}

function sameSettings(a: VirtualServer, b: VirtualServer): boolean {
  return a.scheduler === b.scheduler && a.flags === b.flags && a.persistence === b.persistence && a.other === b.other
}

function sameReal(a: RealServer, b: RealServer): boolean {
  return a.weight === b.weight && a.other === b.other
}
