import { expect, test } from 'vitest'
import { MeteredTool } from '../../src/agent/metered-tool.ts'
import { SyncMeter } from '../../src/agent/sync-meter.ts'
import { wholeText, type RestoreDocument } from '../../src/xtables/restore-document.ts'

const blocks = ['*filter\n-A FORWARD -j A\nCOMMIT\n', '*nat\n:B -\n-A B\n-I C -j B\nCOMMIT\n', '*nat\n-A D\nCOMMIT\n']
const rules = { raw: 0, mangle: 0, filter: 1, nat: 3 }

function metered(fails = false) {
  const taken: string[] = []
  const meter = new SyncMeter(0)
  const real = {
    save: async () => '',
    saveLines: async () => undefined,
    hasCanary: async () => true,
    restore: async (document: RestoreDocument) => {
      taken.push(wholeText(document))
      if (fails) throw new Error('no')
    },
  }
  const tool = new MeteredTool(real, meter)
  const bytes = async (document: RestoreDocument) => {
    const work = async () => {
      await tool.restore(document).catch(() => undefined)
      return { kind: 'full', services: 1 } as const
    }
    return (await meter.measure(work)).bytes
  }
  return { tool, taken, bytes }
}

test.each([
  { name: 'texts', document: blocks },
  { name: 'one text', document: blocks.join('') },
])('rules and bytes of $name are counted as the tool takes them', async ({ document }) => {
  const { tool, taken, bytes } = metered()
  expect(await bytes(document)).toBe(blocks.join('').length)
  expect(tool.written).toEqual(rules)
  expect(taken).toEqual([blocks.join('')])
})

test.each([{ document: '' }, { document: [] }, { document: ['', ''] }])(
  'a document that says nothing ($document) is not given to it',
  async ({ document }) => {
    const { tool, taken, bytes } = metered()
    await bytes(blocks)
    expect(await bytes(document)).toBe(0)
    expect(tool.written).toEqual({ raw: 0, mangle: 0, filter: 0, nat: 0 })
    expect(taken).toHaveLength(1)
  },
)

test('a document that it does not take is counted as one', async () => {
  const { tool, bytes } = metered(true)
  await bytes(blocks)
  expect(tool).toMatchObject({ failures: 1, written: rules })
})
