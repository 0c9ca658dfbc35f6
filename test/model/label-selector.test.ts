import { expect, test } from 'vitest'
import { parseLabelSelector } from '../../src/config/corefile/label-selector.ts'
import { matchesLabels } from '../../src/model/label-selector.ts'

const labels = { app: 'web', tier: '' }

const cases: readonly (readonly [string, boolean, boolean])[] = [
  // selector, an object with app=web and tier="", an object without labels
  ['app', true, false],
  ['!app', false, true],
  ['tier', true, false],
  ['app=web', true, false],
  ['app==api', false, false],
  ['app!=web', false, true],
  ['app!=api', true, true],
  ['app in (api, web)', true, false],
  ['app notin (api, web)', false, true],
  ['team notin (x)', true, true],
  ['tier=', true, false],
  ['app=web,!team', true, false],
  ['app=web,team', false, false],
  // Not the property that every object has.
  ['toString', false, false],
]

test.each(cases)('%s', (text, labelled, bare) => {
  const selector = parseLabelSelector(text)
  expect(selector && [matchesLabels(labels, selector), matchesLabels(undefined, selector)]).toEqual([labelled, bare])
})

test('a selector without requirements selects all', () => {
  expect([matchesLabels(labels, []), matchesLabels(undefined, [])]).toEqual([true, true])
})
