import manifest from '../../package.json' with { type: 'json' }
import type { ProxyFaceSettings } from '../agent/proxy-face.ts'
import type { RequestMetrics } from '../agent/request-metrics.ts'
import type { AddressPort } from '../config/address-port.ts'
import { effectiveConfiguration } from '../config/effective-configuration.ts'
import type { Settings } from '../config/settings.ts'
import { optional } from '../model/optional.ts'
import { familyOf } from '../net/address.ts'

/** Where the agent is asked how it does, and what it says of itself. */
export function faceSettings(settings: Settings, requests: RequestMetrics): ProxyFaceSettings {
  const {
    bindAddress = '0.0.0.0',
    '--metrics-port': metricsPort = 10249,
    '--healthz-port': healthzPort = 10256,
    mode = 'iptables',
  } = settings
  const v4 = familyOf(bindAddress) === 'IPv4'
  const metrics = servedAt(settings.metricsBindAddress, { host: v4 ? '127.0.0.1' : '::1', port: metricsPort })
  const healthz = servedAt(settings.healthzBindAddress, { host: v4 ? '0.0.0.0' : '::', port: healthzPort })
  return {
    ...optional('metricsAddress', metrics),
    ...optional('healthzAddress', healthz),
    bindAddressHardFail: settings.bindAddressHardFail ?? false,
    mode,
    configuration: effectiveConfiguration({
      ...settings,
      mode,
      bindAddress,
      metricsBindAddress: metrics ?? 'off',
      healthzBindAddress: healthz ?? 'off',
    }),
    version: manifest.version,
    requests,
  }
}

/** Undefined: nowhere. Where no address is said, port 0 of a flag says so too. */
function servedAt(said: AddressPort | 'off' | undefined, usual: AddressPort): AddressPort | undefined {
  if (said === 'off' || usual.port === 0) return undefined
  return said ?? usual
}
