import { expect, test } from 'vitest'
import { shortHash } from '../../src/net/short-hash.ts'

// Published check values of kube-proxy's chain names.
test.each([
  ['shop/carttcp', 'N5W5PH5NLY2BP4HG'],
  ['shop/cart:httptcp', 'I5LIAMPLWKMBJ54B'],
  ['shop/cart:httpudp', 'JR3SBCD4C6K5AAYG'],
  ['shop/cart:httpsctp', 'HYXDJ7AOE4HTX5Z4'],
  ['shop/cart:httptcp10.50.1.9:9000', 'J3F3QTHF33BL24J2'],
  ['shop/cart:httptcp[fd00:50:1::9]:9000', 'UP75AMPQIDF5Z53S'],
])('%s hashes to %s', (text, want) => {
  expect(shortHash(text)).toBe(want)
})
