import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listenDns } from '../../../src/host/dns-listener.ts'
import { digAll } from '../dig.ts'
import { aliasComesLate, expected, received } from './compare.ts'
import { answerFrom, servedZones } from './served.ts'
import { readCaseTable } from './table.ts'

const files = globSync(join(import.meta.dirname, '*.txt')).sort()
const cluster = join(import.meta.dirname, 'cluster.yaml')

describe.each(files.map((file) => [basename(file), file] as const))('%s', (_, file) => {
  const { corefile, cases } = readCaseTable(file)

  test.each(['+notcp', '+tcp'])('every answer is as the table says, dig %s', async (transport) => {
    const zones = servedZones(corefile, cluster)
    const listener = await listenDns(
      { host: '127.0.0.1', port: 0 },
      (message, { transport: via }) => answerFrom(zones, message, via),
      console.error,
    )
    try {
      const questions = cases.map(({ name, type }) => `${name} ${type}`)
      const answers = await digAll(listener.port, questions, transport)
      expect(answers).toHaveLength(cases.length)
      for (const [i, row] of cases.entries()) {
        const answer = answers[i]
        const place = `${basename(file)}, line ${row.line}: ${row.name} ${row.type}`
        const got = answer && { place, flags: answer.flags, late: aliasComesLate(answer), ...received(answer, row) }
        const flags = row.rcode === 'REFUSED' ? ['qr', 'rd'] : ['qr', 'aa', 'rd']
        expect(got).toEqual({ place, flags, late: false, ...expected(row) })
        expect({ place, text: answer?.text }).not.toMatchObject({
          text: expect.stringMatching(/malformed|extra bytes/),
        })
      }
    } finally {
      await listener.close()
    }
  })

  test('docs/dns.md tells why CoreDNS answers otherwise', () => {
    const told = readFileSync('docs/dns.md', 'utf8')
    const reasons = new Set(cases.flatMap(({ differs }) => differs ?? []))
    expect([...reasons].filter((reason) => !told.includes(`| ${reason}`))).toEqual([])
  })
})
