import { ApiServer } from '../../src/kube/api-server.ts'
import type { Credentials } from '../../src/kube/credentials.ts'
import { Reflector, type Change } from '../../src/kube/reflector.ts'
import type { Resource } from '../../src/kube/resource.ts'
import { objectName } from '../../src/model/object.ts'

/** A reflector at work, and what it has said so far. */
export interface Followed extends AsyncDisposable {
  readonly reflector: Reflector
  readonly changes: readonly Change[]
  /** The changes in short, e.g. `put Service shop/cart`, `synced`. */
  readonly said: readonly string[]
  readonly troubles: readonly string[]
  /** The names of the objects that are there, as the changes leave them, sorted. */
  names(): readonly string[]
}

/** @param from A client, which its owner closes, or what to make one of. */
export function follow(from: Credentials | ApiServer, resource: Resource, silenceMilliseconds?: number): Followed {
  const changes: Change[] = []
  const said: string[] = []
  const troubles: string[] = []
  const held = new Set<string>()
  const server = from instanceof ApiServer ? from : new ApiServer(from)
  const reflector = new Reflector(server, resource, {
    onChange: (change) => {
      changes.push(change)
      said.push(inShort(change))
      if (change.kind === 'put') held.add(objectName(change.object))
      if (change.kind === 'removed') held.delete(objectName(change.object))
    },
    onTrouble: (message) => troubles.push(message),
    ...(silenceMilliseconds !== undefined && { silenceMilliseconds }),
  })
  const running = reflector.run()
  return {
    reflector,
    changes,
    said,
    troubles,
    names: () => [...held].sort(),
    [Symbol.asyncDispose]: async () => {
      reflector.stop()
      await running
      if (server !== from) await server.close()
    },
  }
}

function inShort(change: Change): string {
  switch (change.kind) {
    case 'synced':
      return change.kind
    case 'unreadable':
      return `unreadable ${change.name}`
    case 'put':
    case 'removed':
      return `${change.kind} ${objectName(change.object)}`
  }
}
