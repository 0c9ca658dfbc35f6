import type { Corefile } from '../config/corefile/corefile.ts'
import type { Plugin } from '../config/corefile/plugin.ts'
import type { Reload } from '../config/corefile/plugins/reload.ts'
import type { HostsFile } from './hosts-files.ts'

/** How often the Corefile is looked at: the shortest interval of all blocks; undefined where none has `reload`. */
export function reloadPeriod(corefile: Corefile): Reload | undefined {
  return pluginsOf(corefile)
    .filter((plugin) => plugin.name === 'reload')
    .sort((a, b) => a.intervalMs - b.intervalMs)[0]
}

/** How long names are answered after the signal to stop: the longest time of all blocks. */
export function lameduckMs(corefile: Corefile): number {
  const healths = pluginsOf(corefile).filter((plugin) => plugin.name === 'health')
  return Math.max(0, ...healths.map(({ lameduckMs: ms }) => ms))
}

export function hostsFilesOf(corefile: Corefile): readonly HostsFile[] {
  const hosts = pluginsOf(corefile).filter((plugin) => plugin.name === 'hosts')
  return hosts.map(({ file, reloadMs }) => ({ path: file, reloadMs }))
}

export function wantsRuntimeMetrics(corefile: Corefile): boolean {
  return pluginsOf(corefile).some((plugin) => plugin.name === 'prometheus' && plugin.runtimeMetrics)
}

function pluginsOf({ blocks }: Corefile): readonly Plugin[] {
  return blocks.flatMap(({ plugins }) => plugins)
}
