import { createReadStream } from 'node:fs'
import { settingConflicts } from '../config/conflicts.ts'
import { readFlags } from '../config/flag-settings.ts'
import { parseKubeProxyConfiguration, type KubeProxyConfiguration } from '../config/kube-proxy-configuration.ts'
import { mergeSettings, type Settings } from '../config/settings.ts'
import { reason } from '../host/file-error.ts'
import { Failure } from './failure.ts'
import type { SettingOptions } from './setting-options.ts'

export interface ConfigOptions extends SettingOptions {
  /** The path of a KubeProxyConfiguration; empty: none, as without. */
  readonly config?: string
}

/** As large as an object of Kubernetes can be. */
const maxBytes = 1_572_864

/** What file and flags say together; every problem of either in one failure. */
export async function readSettings({ config, flags = new Map() }: ConfigOptions): Promise<Settings> {
  const file = hasFile(config) ? await readConfiguration(config) : undefined
  const said = readFlags(flags)
  const settings = mergeSettings(file?.settings, said.settings, said.cleared)
  const problems = [...(file?.errors ?? []), ...said.errors.map(({ message }) => message)]
  // What is wrong with one field would show again as a conflict with another.
  const all = problems.length > 0 ? problems : settingConflicts(settings)
  if (all.length > 0) throw new Failure(all.join('\n'))
  return settings
}

/** Whether there is a file: an empty flag names none. */
export function hasFile(config: string | undefined): config is string {
  return config !== undefined && config !== ''
}

async function readConfiguration(path: string): Promise<KubeProxyConfiguration> {
  try {
    return parseKubeProxyConfiguration(await readText(path), path)
  } catch (error) {
    throw new Failure(`Cannot read ${path}: ${reason(error)}`)
  }
}

/** Also a pipe, such as bash's `<(kubectl get configmap …)`, whose size nobody knows before. */
async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of createReadStream(path)) {
    if (!(chunk instanceof Buffer)) continue
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`)
  }
  return Buffer.concat(chunks).toString('utf8')
}
