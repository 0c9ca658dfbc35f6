import { describe, expect, test } from 'vitest'
import type { Node } from '../../src/model/node.ts'
import { chooseEndpoints } from '../../src/plan/choice.ts'
import type { PlannedEndpoint } from '../../src/plan/endpoint.ts'

const here: Node = { kind: 'Node', name: 'here', addresses: [], podCidrs: [], zone: 'zone-a' }

/**
 * `a`: ready on another node; `a@`: on this node; `a~`: terminating but serving; `a!`: neither ready nor serving;
 * `a~!`: terminating and serving no more; `a?`: serving but not ready; `a+`: ready although it terminates; `a:zone-b`: hinted to a zone; `a>here`: hinted to a node.
 */
function endpoint(text: string): PlannedEndpoint {
  const [, name = '', flags = '', zone, node] = /^(\w)([@~!?+]*)(?::([\w-]+))?(?:>([\w-]+))?$/.exec(text) ?? []
  const draining = flags.includes('~')
  return {
    address: name,
    target: name,
    ready: !draining && !/[!?]/.test(flags),
    serving: !flags.includes('!'),
    terminating: draining || flags.includes('+'),
    local: flags.includes('@'),
    ...(zone !== undefined && { zoneHints: [zone] }),
    ...(node !== undefined && { nodeHints: [node] }),
  }
}

const targets = (endpoints: readonly PlannedEndpoint[]) => endpoints.map(({ target }) => target).join(' ')
const choose = (text: string, uses: { cluster: boolean; local: boolean }, node = here) => {
  const endpoints = text === '' ? [] : text.split(' ').map(endpoint)
  const { cluster, local, reachable, usableAnywhere } = chooseEndpoints(endpoints, node, uses)
  return { cluster: targets(cluster), local: targets(local), reachable: targets(reachable), usableAnywhere }
}

describe('policy Cluster', () => {
  test.each([
    { name: 'ready endpoints only', given: 'a b! c~ d@', want: 'a d' },
    { name: 'terminating ones that serve when none is ready', given: 'a! c~ d@~', want: 'c d' },
    { name: 'nothing when none is ready or serves', given: 'a! b!', want: '' },
    { name: 'terminating ones that serve no more are none', given: 'a~! b~', want: 'b' },
    { name: 'one that serves but is not ready, and does not terminate, is none', given: 'a? b~', want: 'b' },
    { name: 'only such ones: nothing', given: 'a?', want: '' },
    { name: 'one that is ready although it terminates (publishNotReadyAddresses)', given: 'a+ b~', want: 'a' },
    { name: 'no endpoint at all', given: '', want: '' },
    { name: 'the zone’s own when every ready endpoint has a hint', given: 'a:zone-a b:zone-b c:zone-a', want: 'a c' },
    { name: 'all when one ready endpoint has no hint', given: 'a:zone-a b:zone-b c', want: 'a b c' },
    { name: 'all when no hint names this zone', given: 'a:zone-b b:zone-c', want: 'a b' },
    { name: 'hints of endpoints that are not ready do not count', given: 'a:zone-a b! c~', want: 'a' },
    { name: 'the node’s own before the zone’s', given: 'a:zone-a>here b:zone-a>there', want: 'a' },
    { name: 'the zone’s when no hint names this node', given: 'a:zone-a>there b:zone-b>there', want: 'a' },
    { name: 'zones where one ready endpoint has no node hint', given: 'a:zone-a>here b:zone-a c:zone-b', want: 'a b' },
    { name: 'node hints need no zone', given: 'a>here b>there', want: 'a' },
    { name: 'all when node hints name others and zones are not hinted', given: 'a>there b>there', want: 'a b' },
    { name: 'a single ready endpoint without a hint disables them for all', given: 'a', want: 'a' },
    { name: 'terminating ones regardless of hints', given: 'a~:zone-b b~:zone-a', want: 'a b' },
  ])('$name', ({ given, want }) => {
    const got = choose(given, { cluster: true, local: false })
    expect(got).toEqual({ cluster: want, local: '', reachable: want, usableAnywhere: want !== '' })
  })

  test('a node without a zone ignores zone hints', () => {
    const node: Node = { kind: 'Node', name: 'here', addresses: [], podCidrs: [] }
    expect(choose('a:zone-a b:zone-b', { cluster: true, local: false }, node).cluster).toBe('a b')
  })
})

describe('policy Local beside Cluster', () => {
  test.each([
    { name: 'local ready ones', given: 'a@ b c@~', cluster: 'a b', local: 'a', reachable: 'a b' },
    {
      name: 'local terminating ones when no local one is ready',
      given: 'a b@~',
      cluster: 'a',
      local: 'b',
      reachable: 'a b',
    },
    { name: 'remote ones only', given: 'a b', cluster: 'a b', local: '', reachable: 'a b' },
    { name: 'both fall back on their own', given: 'a@~ b~', cluster: 'a b', local: 'a', reachable: 'a b' },
    {
      name: 'a local one that serves but is not ready is none',
      given: 'a b@?',
      cluster: 'a',
      local: '',
      reachable: 'a',
    },
    { name: 'a local one that serves no more is none', given: 'a b@~!', cluster: 'a', local: '', reachable: 'a' },
    {
      name: 'a local terminating one beside one that is chosen for the node',
      given: 'a>here b@~',
      cluster: 'a',
      local: 'b',
      reachable: 'a b',
    },
    {
      name: 'a local endpoint outside the zone is reachable too',
      given: 'a:zone-a b@:zone-b',
      cluster: 'a',
      local: 'b',
      reachable: 'a b',
    },
  ])('$name', ({ given, cluster, local, reachable }) => {
    expect(choose(given, { cluster: true, local: true })).toEqual({ cluster, local, reachable, usableAnywhere: true })
  })
})

describe('policy Local alone', () => {
  test.each([
    { name: 'only local ones are reachable', given: 'a@ b', local: 'a', anywhere: true },
    { name: 'remote ones only: none, but not nowhere', given: 'a b~', local: '', anywhere: true },
    { name: 'nothing usable anywhere', given: 'a@! b!', local: '', anywhere: false },
    { name: 'what serves but is not ready is usable nowhere', given: 'a@? b? c~!', local: '', anywhere: false },
    { name: 'local terminating ones when no local one is ready', given: 'a b@~', local: 'b', anywhere: true },
    { name: 'hints do not count', given: 'a@:zone-b b@:zone-a', local: 'a b', anywhere: true },
    { name: 'no endpoint at all', given: '', local: '', anywhere: false },
  ])('$name', ({ given, local, anywhere }) => {
    expect(choose(given, { cluster: false, local: true })).toEqual({
      cluster: '',
      local,
      reachable: local,
      usableAnywhere: anywhere,
    })
  })
})
