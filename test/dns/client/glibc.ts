/**
 * Looks names up with the getaddrinfo(3) of the C library that Node.js is linked to, one after the other, and prints
 * the result of each: `NAME 0`, or the error of libuv.
 */
import { lookup } from 'node:dns'

for (const name of process.argv.slice(2)) {
  const { promise, resolve } = Promise.withResolvers<number>()
  lookup(name, { all: true }, (error) => resolve(error?.errno ?? 0))
  console.log(`${name} ${await promise}`)
}
