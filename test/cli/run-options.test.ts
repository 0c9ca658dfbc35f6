import { expect, test } from 'vitest'
import { pointsmanHere } from '../support/in-process.ts'

test.each(['0', '65', '1.5', 'many', ''])('--dns-workers takes no "%s"', async (count) => {
  const { exitCode } = await pointsmanHere(['run', '-f', '/dev/null', '--dns-workers', count])
  expect(exitCode).toBe(2)
})

test('and says what it takes', async () => {
  const { stderr } = await pointsmanHere(['run', '-f', '/dev/null', '--dns-workers', '65'])
  expect(stderr).toContain("'--dns-workers <count>' argument '65' is invalid. expected a number from 1 to 64.")
})
