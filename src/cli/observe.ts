import type { IptablesTool } from '../agent/iptables-tool.ts'
import type { Settings } from '../config/settings.ts'
import { Failure } from './failure.ts'
import type { NodeLocalOptions } from './options.ts'

interface ObserveOptions extends NodeLocalOptions {
  readonly proxy: boolean
  readonly dryRun?: boolean
}

/** `--observe` goes with nothing that writes, or that leaves nothing to compare. */
export function checkObserve({ proxy, dryRun = false, nodeLocalDns }: ObserveOptions, settings: Settings): void {
  const others = [
    ...(proxy ? [] : ['--no-proxy']),
    ...(dryRun ? ['--dry-run'] : []),
    ...(nodeLocalDns === undefined ? [] : ['--node-local-dns']),
    ...(settings['--init-only'] === true ? ['--init-only'] : []),
  ]
  if (others.length > 0) throw new Failure(`--observe and ${others.join(', ')}: leave one of them out`)
}

/** A tool that can only read. */
export function readingTool(tool: IptablesTool): IptablesTool {
  return {
    save: () => tool.save(),
    restore: () => Promise.reject(new Error('Nothing is written with --observe')),
    // To look would load tables into a kernel that does not use them.
    hasCanary: async () => true,
  }
}
