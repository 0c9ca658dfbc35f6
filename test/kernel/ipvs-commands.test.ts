import { expect, test } from 'vitest'
import { pointsman } from '../support/command-line.ts'
import { testNode } from '../support/test-node.ts'

// Of IPVS mode, what holds on any kernel, also one without IPVS.
const node = testNode()
const here = (...args: readonly string[]) => pointsman(args, { namespace: node.namespace.name })

test('diff --mode ipvs says of a node where nothing is programmed that everything is missing, and changes nothing', async () => {
  await node.put('two-ports')
  const { exitCode, stdout, stderr } = await here('diff', '--mode', 'ipvs', '-f', node.directory, '--node', 'node-1')
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
  expect(stdout).toContain(
    'Service shop/cart: new; virtual servers 10.96.7.20:80/TCP, 10.96.7.20:9090/TCP added; ' +
      'endpoints 10.244.1.9:8080, 10.244.2.10:8080, 10.244.2.9:8080, 10.244.1.9:9091, 10.244.2.10:9091 and 1 more added\n',
  )
  expect(await node.namespace.run('ip', ['-o', 'link', 'show', 'type', 'dummy']).catch(() => '')).toBe('')
})

test('cleanup is silent where nothing of IPVS mode is', async () => {
  expect(await here('cleanup')).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})
