import { createHash } from 'node:crypto'
import type { Corefile } from '../config/corefile/corefile.ts'

/** SHA-512 of what a Corefile says, in hexadecimal: comments, white space and the order of plugins do not count. */
export function corefileHash(corefile: Corefile): string {
  return createHash('sha512').update(JSON.stringify(corefile)).digest('hex')
}
