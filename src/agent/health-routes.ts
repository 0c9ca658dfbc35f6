import type { MuxRoutes } from './go-mux.ts'
import { healthzAnswer, livezAnswer, type HealthAnswer, type NodeHealth } from './health-body.ts'
import type { RulesHealth } from './proxy-health.ts'

/** All that /healthz and /livez go by. */
export interface ProxyState extends NodeHealth {
  readonly rules: RulesHealth
}

/**
 * /healthz says whether new traffic should be sent to this node, /livez whether a restart would help: a node that is about
 * to go, or an API server that is away, is no reason for one.
 *
 * @param answered Told of each answer.
 */
export function healthRoutes(
  read: () => ProxyState,
  answered: (path: 'healthz' | 'livez', status: number) => void,
): MuxRoutes {
  const counted = (path: 'healthz' | 'livez', { status, body }: HealthAnswer) => {
    answered(path, status)
    return { status, type: 'application/json', body }
  }
  return {
    '/healthz': () => {
      const state = read()
      return counted('healthz', healthzAnswer(state.rules, state, Date.now()))
    },
    '/livez': () => counted('livez', livezAnswer(read().rules, Date.now())),
  }
}
