import { execa } from 'execa'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { nodeReference, type Happening } from '../../src/kube/event.ts'
import { EventRecorder, type EventSink } from '../../src/kube/events.ts'
import { TestApiServer } from '../support/api-server.ts'
import { sinkOf } from '../support/event-sink.ts'
import { kubectlBinary } from '../support/kubernetes-binaries.ts'

const source = { controller: 'pointsman', instance: 'pointsman-node-1' }
const drifted: Happening = {
  regarding: nodeReference('node-1'),
  type: 'Warning',
  reason: 'RulesDrifted',
  action: 'Compare',
  note: "The kernel's IPv4 rules differ from what would be programmed: Service shop/cart: rules differ",
}

let server: TestApiServer
beforeAll(async () => {
  server = await TestApiServer.start()
  await server.call('POST', '/api/v1/nodes', { metadata: { name: 'node-1' } })
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

/** Reason, count and reporter of each of ours: the API server may have something to tell of itself. */
const events = () =>
  kubectl(
    'get',
    'events',
    '--field-selector=reason=RulesDrifted',
    '-o',
    'jsonpath={range .items[*]}{.reason} {.series.count} {.source.component}{.reportingComponent}{"\\n"}{end}',
  )

async function kubectl(...args: readonly string[]): Promise<string> {
  const { stdout } = await execa(await kubectlBinary(), ['--kubeconfig', await server.kubeconfig(), ...args])
  return stdout
}

test('kubectl describe shows what happened to a Node, and how often, in one Event', async () => {
  const troubles: string[] = []
  const recorder = new EventRecorder(sinkOf(server), source, (message) => troubles.push(message))
  for (let i = 0; i < 3; i++) recorder.record(drifted)
  await expect
    .poll(() => kubectl('describe', 'node', 'node-1'), { timeout: 10_000 })
    .toMatch(/Warning +RulesDrifted .* pointsman .*Service shop\/cart: rules differ/)
  await expect.poll(events, { timeout: 10_000 }).toBe('RulesDrifted 2 pointsman')
  expect(troubles).toEqual([])
  await recorder.close()
})

test('the longest that may be: the API server takes it', async () => {
  const sink = sinkOf(server)
  const recorder = new EventRecorder(sink, { ...source, instance: `pointsman-${'n'.repeat(253)}` }, () => undefined)
  const long = { ...nodeReference(`${'n'.repeat(250)}.it`), uid: 'n' }
  recorder.record({ ...drifted, regarding: long, note: 'ä'.repeat(2000) })
  recorder.record({ ...drifted, regarding: { ...long, name: 'UPPER_case' } })
  await expect.poll(() => sink.statuses).toEqual([200, 200])
  await recorder.close()
})

test('an Event that the server has forgotten is told anew', async () => {
  const sink = sinkOf(server)
  const recorder = new EventRecorder(sink, source, () => undefined)
  recorder.record({ ...drifted, note: 'forgotten' })
  await expect.poll(() => sink.statuses).toEqual([200])
  await server.call('DELETE', '/api/v1/namespaces/default/events')
  recorder.record({ ...drifted, note: 'forgotten' })
  await expect.poll(() => sink.statuses).toEqual([200, 404, 200])
  await recorder.close()
})

test.each([
  { name: 'forbids', status: 403, times: 1 },
  { name: 'has not the namespace', status: 404, times: 0 },
])('a server that $name is told of once at most, and kept at', async ({ status, times }) => {
  const troubles: string[] = []
  const send = vi.fn<EventSink['send']>(async () => ({ status, text: 'no' }))
  const recorder = new EventRecorder({ send, close: async () => undefined }, source, (message) =>
    troubles.push(message),
  )
  for (const note of ['a', 'b', 'c']) recorder.record({ ...drifted, note })
  await expect.poll(() => send.mock.calls.length).toBe(3)
  expect(troubles).toEqual(Array(times).fill('The API server refuses our Events with 403: no'))
  await recorder.close()
})

test('a server that is away is asked again, few wait meanwhile, and closing waits for nobody', async () => {
  const send = vi.fn<EventSink['send']>(async () => {
    throw new Error('away')
  })
  const recorder = new EventRecorder({ send, close: async () => undefined }, source, () => undefined)
  for (let i = 0; i < 1000; i++) recorder.record({ ...drifted, regarding: nodeReference(`node-${i}`) })
  await expect.poll(() => send.mock.calls.length, { timeout: 5000 }).toBeGreaterThan(1)
  const asked = new Set(send.mock.calls.map(([, , body]) => JSON.stringify(body)))
  expect(asked.size).toBe(1)
  const start = performance.now()
  await recorder.close()
  expect(performance.now() - start).toBeLessThan(1000)
})
