/** Now, in whole seconds since 1970: what the serial of a SOA counts. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
