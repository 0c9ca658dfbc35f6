import { hash } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * The first 16 characters of base32(sha256(text)), RFC 4648 alphabet, e.g. `shop/carttcp` gives `N5W5PH5NLY2BP4HG`.
 * Source: the chain names of kube-proxy's iptables mode.
 */
export function shortHash(text: string): string {
  const digest = hash('sha256', text, 'buffer')
  let out = ''
  let bits = 0
  let value = 0
  // 16 characters of 5 bits each are the first 10 bytes exactly.
  for (let i = 0; i < 10; i++) {
    value = ((value << 8) | (digest[i] ?? 0)) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += alphabet.charAt((value >>> bits) & 31)
    }
  }
  return out
}
