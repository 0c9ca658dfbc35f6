import { expect, test } from 'vitest'
import { RequestMetrics } from '../../src/agent/request-metrics.ts'
import { faceSettings } from '../../src/cli/face-settings.ts'
import type { Settings } from '../../src/config/settings.ts'

const face = (settings: Settings) => faceSettings(settings, new RequestMetrics())

test.each<[Settings, object | undefined]>([
  [{}, { host: '127.0.0.1', port: 10249 }],
  [
    { metricsBindAddress: { host: '0.0.0.0', port: 1 }, '--metrics-port': 2 },
    { host: '0.0.0.0', port: 1 },
  ],
  [{ metricsBindAddress: 'off' }, undefined],
  [{ '--metrics-port': 2 }, { host: '127.0.0.1', port: 2 }],
  [{ '--metrics-port': 0, metricsBindAddress: { host: '0.0.0.0', port: 1 } }, undefined],
  [{ bindAddress: '::' }, { host: '::1', port: 10249 }],
])('metrics by %j', (settings, want) => {
  expect(face(settings).metricsAddress).toEqual(want)
})

test.each<[Settings, object | undefined]>([
  [{}, { host: '0.0.0.0', port: 10256 }],
  [
    { healthzBindAddress: { host: '192.0.2.7', port: 1 }, '--healthz-port': 2 },
    { host: '192.0.2.7', port: 1 },
  ],
  [{ healthzBindAddress: 'off' }, undefined],
  [{ '--healthz-port': 2 }, { host: '0.0.0.0', port: 2 }],
  [{ '--healthz-port': 0, healthzBindAddress: { host: '0.0.0.0', port: 1 } }, undefined],
  [{ bindAddress: '2001:db8::7' }, { host: '::', port: 10256 }],
])('health by %j', (settings, want) => {
  expect(face(settings).healthzAddress).toEqual(want)
})
