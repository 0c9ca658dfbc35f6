import { hostname } from 'node:os'
import type { AgentOptions } from '../agent/agent.ts'
import { defaultMasqueradeBit } from '../agent/base-file.ts'
import type { RulesetOptions } from '../agent/iptables-ruleset.ts'
import type { IpvsOptions } from '../agent/ipvs-ruleset.ts'
import { localDetection } from '../config/local-detection.ts'
import type { Settings } from '../config/settings.ts'
import type { LogOptions } from '../host/log.ts'
import { optional } from '../model/optional.ts'
import { Failure } from './failure.ts'

/** What the settings say about rules, with our defaults. */
export function rulesetOptions(settings: Settings): Omit<RulesetOptions, 'family'> {
  const detection = localDetection(settings)
  if ('problem' in detection) throw new Failure(detection.problem)
  return {
    nodeName: settings.hostnameOverride ?? hostname().toLowerCase(),
    ...optional('nodeAddress', nodeAddress(settings)),
    masqueradeAll: settings['iptables.masqueradeAll'] ?? false,
    masqueradeBit: settings['iptables.masqueradeBit'] ?? defaultMasqueradeBit,
    localDetection: detection,
    nodePortNetworks: settings.nodePortAddresses ?? [],
    // kube-proxy's default is true: docs/rules.md says why ours is not.
    localhostNodePorts: settings['iptables.localhostNodePorts'] ?? false,
  }
}

/** The same for IPVS mode. */
export function ipvsOptions(settings: Settings): Omit<IpvsOptions, 'family'> {
  return { ...rulesetOptions(settings), scheduler: settings['ipvs.scheduler'] ?? 'rr' }
}

/** What they say about the agent itself. */
export function agentSettings(settings: Settings): Pick<AgentOptions, 'syncPeriodMs' | 'minSyncPeriodMs'> {
  const { mode = 'iptables' } = settings
  return {
    ...optional('syncPeriodMs', timerMs(settings[`${mode}.syncPeriod`])),
    ...optional('minSyncPeriodMs', timerMs(settings[`${mode}.minSyncPeriod`])),
  }
}

/** How they want the log. */
export function logOptions(settings: Settings): LogOptions {
  return {
    ...optional('format', settings['logging.format']),
    ...optional('verbosity', settings['logging.verbosity']),
  }
}

/** Node's timers take a longer time for a millisecond; 25 days. */
const maxTimerMs = 2 ** 31 - 1

export function timerMs(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.min(ms, maxTimerMs)
}

/** `0.0.0.0` and `::` name no address. */
function nodeAddress({ bindAddress }: Settings): string | undefined {
  return bindAddress === '0.0.0.0' || bindAddress === '::' ? undefined : bindAddress
}
