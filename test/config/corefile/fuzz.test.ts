import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CorefileError } from '../../../src/config/corefile/problem.ts'
import { randomNumbers } from '../../dns/random.ts'
import { badOptions } from './bad-options.ts'
import { defaults, goodOptions } from './good-options.ts'
import { printCorefile } from './print.ts'
import { read } from './read.ts'

const plugins = [...defaults, ...goodOptions, ...badOptions].map(([text]) => text)
const fixtures = ['coredns-kubeadm', 'node-local-dns'].map((name) =>
  readFileSync(`test/config/corefile/fixtures/${name}.yaml`, 'utf8').replace(/^[^]*?\|\n|\nkind:[^]*$/g, ''),
)
const snippet = '(s) {\n log\n}\n. {\n import s\n import f\n}\n'
const texts = [...plugins.map((text) => `. {\n${text}\n}\n`), ...fixtures, snippet]
const words = texts.flatMap((text) => text.match(/\S+/g) ?? [])
const pieces = [
  '{',
  '}',
  '\n',
  ' ',
  '"',
  '\\',
  '#',
  ',',
  '{$A}',
  '{%A%}',
  '(s)',
  'import',
  '\0',
  '\uD800',
  '𝕏',
  '*',
  '{{',
  '}}',
  '/',
  ':',
  '%',
  '0',
  '-1',
]

test(
  '200,000 damaged Corefiles: an error with places inside the text, or the same again when printed',
  { timeout: 300_000 },
  () => {
    const random = randomNumbers(7)
    const of = (list: readonly string[]) => list[random(list.length)] ?? ''
    const unsound: string[] = []
    let [slowest, accepted] = [0, 0]
    for (let i = 0; i < 200_000; i++) {
      const text = damaged(random, of)
      const start = performance.now()
      try {
        const corefile = read(text, { f: text }, { A: of(words) })
        accepted++
        if (accepted % 20 === 0) expect(read(printCorefile(corefile))).toEqual(corefile)
      } catch (error) {
        if (!(error instanceof CorefileError) || !isSound(error, text)) unsound.push(`${text}\n${String(error)}`)
      }
      slowest = Math.max(slowest, performance.now() - start)
    }
    expect(unsound.slice(0, 3)).toEqual([])
    expect(accepted).toBeGreaterThan(4000)
    // Far above what any takes, and far below a hang; a busy machine may interrupt any of them.
    expect(slowest).toBeLessThan(1000)
  },
)

/** A good or bad text with a few words or characters changed, moved, left out or doubled. */
function damaged(random: (limit: number) => number, of: (list: readonly string[]) => string): string {
  let text = of(texts)
  for (let edits = random(4); edits >= 0; edits--) {
    const at = random(text.length + 1)
    const to = at + random(12)
    switch (random(6)) {
      case 0:
        text = text.slice(0, at) + text.slice(to)
        break
      case 1:
        text = `${text.slice(0, at)}${text.slice(at, to)}${text.slice(at)}`
        break
      case 2:
        text = text.slice(0, at) + of(pieces) + text.slice(at)
        break
      case 3:
        text = text.replace(of(words), () => of(words))
        break
      case 4:
        text = text.slice(0, at) + of(texts) + text.slice(at)
        break
      default:
        text = `${text.slice(0, at)} ${of(words)} ${text.slice(at)}`
    }
  }
  return text
}

function isSound({ problems }: CorefileError, text: string): boolean {
  const lines = text.split('\n').map((line) => Array.from(line).length)
  return (
    problems.length > 0 &&
    problems.every(({ place: { file, line, column }, message }) => {
      const length = lines[line - 1]
      return (
        ['Corefile', 'f'].includes(file) &&
        length !== undefined &&
        column >= 1 &&
        column <= length + 1 &&
        message !== ''
      )
    })
  )
}
