import { expect, test } from 'vitest'
import { NodeLocalLink } from '../../src/agent/node-local-link.ts'
import { CommandError, type RunCommand } from '../../src/host/command.ts'
import { linkTool } from '../../src/host/link.ts'
import { wholeText } from '../../src/xtables/restore-document.ts'

const unknownKind = new CommandError('', false, { stderr: 'Error: Unknown device type.\n', exitCode: 2 })

/** A kernel that knows these kinds of interfaces, and what it was told. */
function kernelWith(kinds: readonly string[]) {
  const told: string[] = []
  const run: RunCommand = async (_command, _args, input = '') => {
    const text = wholeText(input)
    const [, kind] = / type (\S+)/.exec(text) ?? []
    if (kind !== undefined && !kinds.includes(kind)) throw unknownKind
    told.push(text)
    return ''
  }
  return { told, link: new NodeLocalLink(linkTool(run, 'pointsman-dns'), ['IPv4']) }
}

test.each([
  { kinds: ['dummy', 'bridge'], want: 'dummy' },
  { kinds: ['bridge'], want: 'bridge' },
])('of a kernel with $kinds the interface is a $want', async ({ kinds, want }) => {
  const { told, link } = kernelWith(kinds)
  await link.take(undefined)
  expect(told.length).toBe(1)
  expect(told[0]).toMatch(
    new RegExp(
      `^link add name pointsman-dns type ${want}\\nlink set dev pointsman-dns alias pointsman:[-0-9a-f]{36}\\n`,
    ),
  )
})

test('whose it is', () => {
  const { link } = kernelWith([])
  const of = (alias: string) => link.ownerOf({ alias, up: true, addresses: [] })
  expect([link.ownerOf(undefined), of('pointsman:1'), of(''), of('mine')]).toEqual([
    'nobody',
    'another',
    'stranger',
    'stranger',
  ])
})
