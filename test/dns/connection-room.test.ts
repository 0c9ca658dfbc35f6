import { expect, test } from 'vitest'
import { ConnectionRoom, type Evictable } from '../../src/host/connection-room.ts'

const MiB = 1024 * 1024

function connections(
  room: ConnectionRoom,
  names: readonly string[],
): { evicted: string[]; of: Map<string, Evictable> } {
  const evicted: string[] = []
  const of = new Map(names.map((name) => [name, { destroy: () => evicted.push(name) }] as const))
  for (const connection of of.values()) room.enter(connection)
  return { evicted, of }
}

const none: Evictable = { destroy: () => undefined }

test('the connection that has been quiet longest gives way to one more', () => {
  const room = new ConnectionRoom(3)
  const { evicted, of } = connections(room, ['a', 'b', 'c'])
  room.touch(of.get('a') ?? none)
  connections(room, ['d', 'e'])
  expect(evicted).toEqual(['b', 'c'])
  expect(room).toMatchObject({ size: 3, evicted: 2 })
})

test('of those that do not read, the first gives way when together they hold too much', () => {
  const room = new ConnectionRoom()
  const { evicted, of } = connections(room, ['a', 'b', 'c', 'd'])
  const hold = (name: string, octets: number) => room.hold(of.get(name) ?? none, octets)
  hold('b', 20 * MiB)
  hold('a', 20 * MiB)
  hold('c', 20 * MiB)
  // What it holds now, not besides.
  hold('c', 24 * MiB)
  expect(evicted).toEqual([])
  hold('d', 1)
  expect(evicted).toEqual(['b'])
  room.release(of.get('a') ?? none)
  hold('d', 40 * MiB)
  expect(evicted).toEqual(['b'])
  hold('d', 64 * MiB)
  expect(evicted).toEqual(['b', 'c'])
  hold('d', 65 * MiB)
  expect(evicted).toEqual(['b', 'c', 'd'])
  expect(room).toMatchObject({ size: 1, evicted: 3 })
})

test('a connection that leaves gives its room back', () => {
  const room = new ConnectionRoom(2)
  const { evicted, of } = connections(room, ['a', 'b'])
  room.hold(of.get('a') ?? none, 60 * MiB)
  room.leave(of.get('a') ?? none)
  const more = connections(room, ['c'])
  room.hold(more.of.get('c') ?? none, 60 * MiB)
  expect([...evicted, ...more.evicted]).toEqual([])
})
