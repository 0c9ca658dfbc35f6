/**
 * The lines of a body, as they become whole; what follows the last newline was cut off, and is dropped. Throws where a
 * line is longer than `limit` bytes.
 */
export async function* linesOf(body: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<string> {
  let parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8')
      parts = []
      bytes = 0
      start = end + 1
    }
    parts.push(chunk.subarray(start))
    bytes += chunk.length - start
    if (bytes > limit) throw new RangeError(`a line of the answer is longer than ${limit} bytes`)
  }
}

/** A whole body as text. Throws where it is longer than `limit` bytes. */
export async function textOf(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > limit) throw new RangeError(`the answer is longer than ${limit} bytes`)
    parts.push(chunk)
  }
  return Buffer.concat(parts).toString('utf8')
}
