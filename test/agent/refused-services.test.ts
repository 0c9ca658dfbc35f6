import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findRefused, type Refusal } from '../../src/agent/refused-services.ts'

const no = (suspects: readonly string[] = []): Refusal => ({ error: new Error('no'), suspects: new Set(suspects) })

/** A kernel that refuses `bad`, and may name those it refuses. */
function kernelThatRefuses(all: readonly string[], bad: ReadonlySet<string>, names: boolean) {
  const programmed = new Set<string>()
  let attempts = 0
  const attempt = async (leftOut: ReadonlySet<string>) => {
    attempts++
    const refused = all.filter((key) => bad.has(key) && !leftOut.has(key))
    if (refused.length > 0) return no(names ? refused : [])
    for (const key of all) if (!leftOut.has(key)) programmed.add(key)
    return undefined
  }
  return { attempt, programmed, attempts: () => attempts }
}

test('exactly the refused services are found, and all others programmed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 40 }),
      fc.infiniteStream(fc.boolean()),
      fc.boolean(),
      async (all, refuses, names) => {
        const bad = new Set(all.filter(() => refuses.next().value))
        fc.pre(bad.size > 0)
        const { attempt, programmed } = kernelThatRefuses(all, bad, names)
        const found = await findRefused(all, no(names ? [...bad] : []), attempt)
        expect([...found.keys()].sort()).toEqual([...bad].sort())
        expect([...programmed].sort()).toEqual(all.filter((key) => !bad.has(key)).sort())
      },
    ),
  )
})

const thousand = Array.from({ length: 1000 }, (_, i) => `shop/s${i}`)

test('one in a thousand takes some twenty attempts, or two when the tool names it', async () => {
  const bad = new Set(['shop/s417'])
  const silent = kernelThatRefuses(thousand, bad, false)
  await findRefused(thousand, no(), silent.attempt)
  expect(silent.attempts()).toBeLessThanOrEqual(22)
  const naming = kernelThatRefuses(thousand, bad, true)
  await findRefused(thousand, no([...bad]), naming.attempt)
  expect(naming.attempts()).toBe(2)
})

test('trouble that is no service’s is thrown after one attempt, and laid on none', async () => {
  const first = no()
  let attempts = 0
  const always = async () => {
    attempts++
    return no()
  }
  await expect(findRefused(thousand, first, always)).rejects.toBe(first.error)
  expect(attempts).toBe(1)
  await expect(findRefused([], first, always)).rejects.toBe(first.error)
  await expect(findRefused(['shop/only'], no(['shop/only']), always)).rejects.toThrow('no')
})

test('of two that the kernel takes only one by one, the first is programmed', async () => {
  const attempt = async (leftOut: ReadonlySet<string>) =>
    ['a', 'b'].some((key) => leftOut.has(key)) ? undefined : no()
  expect([...(await findRefused(['a', 'b', 'c'], no(), attempt)).keys()]).toEqual(['b'])
})
