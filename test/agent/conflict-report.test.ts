import { pino } from 'pino'
import { expect, test } from 'vitest'
import { ConflictLog, conflictLines } from '../../src/agent/conflict-report.ts'
import { ClusterStore } from '../../src/agent/cluster-store.ts'
import { Field } from '../../src/model/field.ts'
import { parseService, type Service } from '../../src/model/service.ts'

function service(name: string, day: number, spec: object = {}): Service {
  const metadata = { namespace: 'shop', name, creationTimestamp: `2026-03-${String(day).padStart(2, '0')}T00:00:00Z` }
  const clusterIP = `10.96.${day}.${name.charCodeAt(0)}`
  return parseService(
    new Field({ metadata, spec: { clusterIP, externalIPs: ['198.51.100.7'], ports: [{ port: 80 }], ...spec } }),
  )
}

/** A log, and what it was told, as `warn …` and `info …`; emptied by each look. */
function listeningLog() {
  const lines: string[] = []
  const log = pino({
    hooks: {
      logMethod(args, _method, level) {
        lines.push(`${level === 40 ? 'warn' : 'info'} ${String(args[0])}`)
      },
    },
  })
  return { log, heard: () => lines.splice(0) }
}

const lostToA =
  'Service shop/b claims 198.51.100.7 TCP port 80, which Service shop/a (older) has; its rules for that address are left out'

test('a conflict is warned of once when it begins, and its end is told once', () => {
  const store = new ClusterStore([service('a', 1)])
  const { log, heard } = listeningLog()
  const conflicts = new ConflictLog(store.claims, log)
  const after = (change: () => unknown) => {
    change()
    conflicts.report()
    conflicts.report()
    return heard()
  }
  expect(after(() => undefined)).toEqual([])
  expect(after(() => store.put(service('b', 2)))).toEqual([`warn ${lostToA}`])
  // Nothing of it has changed.
  expect(after(() => store.put(service('b', 2, { sessionAffinity: 'ClientIP' })))).toEqual([])
  expect(after(() => store.put(service('c', 3)))).toEqual([`warn ${lostToA.replace('shop/b', 'shop/c')}`])
  // Whoever has it now is another, so that is told too.
  expect(after(() => store.remove(service('a', 1)))).toEqual([
    `warn ${lostToA.replace('shop/b', 'shop/c').replace('shop/a', 'shop/b')}`,
    'info Service shop/b no longer loses 198.51.100.7 TCP port 80 to Service shop/a',
    'info Service shop/c no longer loses 198.51.100.7 TCP port 80 to Service shop/a',
  ])
  expect(after(() => store.put(service('b', 2, { externalIPs: [] })))).toEqual([
    'info Service shop/c no longer loses 198.51.100.7 TCP port 80 to Service shop/b',
  ])
  expect(store.claims.conflictCount).toBe(0)
})

test('what came and went between two reports is not told', () => {
  const store = new ClusterStore([service('a', 1)])
  const { log, heard } = listeningLog()
  const conflicts = new ConflictLog(store.claims, log)
  store.put(service('b', 2))
  store.remove(service('b', 2))
  conflicts.report()
  expect(heard()).toEqual([])
})

test.each([
  { name: 'older', given: [service('a', 1), service('b', 2)], want: lostToA },
  {
    name: 'as old',
    given: [service('a', 1), service('b', 1)],
    want: lostToA.replace('older', 'first by name'),
  },
  {
    name: 'a cluster IP',
    given: [service('a', 1, { clusterIP: '198.51.100.7', externalIPs: [] }), service('b', 1)],
    want: lostToA.replace('older', 'its cluster IP'),
  },
  {
    name: 'node ports',
    given: ['a', 'b'].map((name) => service(name, 1, { externalIPs: [], ports: [{ port: 80, nodePort: 30080 }] })),
    want: 'Service shop/b claims IPv4 TCP node port 30080, which Service shop/a (first by name) has; its rules for that node port are left out',
  },
])('the sentence says why: $name', ({ given, want }) => {
  expect(conflictLines(new ClusterStore(given).claims)).toEqual([want])
})

test('many conflicts are twenty lines and their number', () => {
  const names = Array.from({ length: 31 }, (_, i) => `s${i + 100}`)
  const store = new ClusterStore(names.map((name, i) => service(name, i + 1)))
  const lines = conflictLines(store.claims)
  expect(lines).toHaveLength(21)
  expect(lines.slice(-2)).toEqual([
    lostToA.replace('shop/b', 'shop/s120').replace('shop/a', 'shop/s100'),
    '10 more claims of Services are left out',
  ])
  const { log, heard } = listeningLog()
  new ConflictLog(store.claims, log).report()
  expect(heard()).toEqual(lines.map((line) => `warn ${line}`))
})
