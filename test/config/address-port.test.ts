import { expect, test } from 'vitest'
import { parseAddressPort } from '../../src/config/address-port.ts'

test.each([
  ['127.0.0.1:5300', { host: '127.0.0.1', port: 5300 }],
  ['127.0.0.1', { host: '127.0.0.1', port: 53 }],
  ['[::1]:5300', { host: '::1', port: 5300 }],
  ['[2001:db8::a]', { host: '2001:db8::a', port: 53 }],
  ['2001:db8::a', { host: '2001:db8::a', port: 53 }],
  ['localhost:53', undefined],
  ['127.0.0.1:65536', undefined],
  ['127.0.0.1:', undefined],
  ['[127.0.0.1]:53', undefined],
  [':53', undefined],
  ['', undefined],
])('%s', (text, want) => {
  expect(parseAddressPort(text)).toEqual(want)
})
