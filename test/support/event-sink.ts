import type { EventSink } from '../../src/kube/events.ts'
import type { TestApiServer } from './api-server.ts'

/** A real API server as the taker of Events, and what it answered. */
export function sinkOf(server: TestApiServer): EventSink & { readonly statuses: readonly number[] } {
  const statuses: number[] = []
  return {
    statuses,
    close: async () => undefined,
    async send(method, path, body) {
      const { status, text } = await server.call(method, path, body).then(
        () => ({ status: 200, text: '' }),
        (error: unknown) => ({ status: Number(/: (\d{3}) /.exec(String(error))?.[1] ?? 599), text: String(error) }),
      )
      statuses.push(status)
      return { status, text }
    },
  }
}
